"""A made-up fines log in the columns of the real one, from a seed; no real case is in it."""
import csv
import datetime

COLUMNS = ("case_id,seq,activity,date,amount_cents,expense_cents,total_payment_cents,payment_cents,article,points,"
           "vehicle_class,notification_type,last_sent,dismissal,resource").split(",")
FINES = (2200, 3200, 3600, 3800, 6800, 7400)
POSTAGE = (1100, 1300, 1500)


def days(n):
    return datetime.timedelta(days=n)


def case_events(rng):
    """(date, activity, columns) of one case, in its own order."""
    opened = datetime.date(2006, 1, 1) + days(rng.randrange(700))
    fine, postage = rng.choice(FINES), rng.choice(POSTAGE)
    yield opened, "Create Fine", {"amount_cents": fine, "total_payment_cents": 0, "article": 157, "points": 0,
                                  "vehicle_class": "A", "dismissal": "#" if rng.random() < .03 else "NIL",
                                  "resource": 500 + rng.randrange(60)}
    if rng.random() < .3:
        yield opened + days(1 + rng.randrange(20)), "Payment", {"payment_cents": fine, "total_payment_cents": fine}
        return
    sent = opened + days(60 + rng.randrange(60))
    yield sent, "Send Fine", {"expense_cents": postage}
    notified = sent + days(3 + rng.randrange(20))
    yield notified, "Insert Fine Notification", {"notification_type": "P", "last_sent": "P"}
    fate = rng.random()
    if fate < .1:
        yield notified + days(10 + rng.randrange(40)), "Payment", {"payment_cents": fine,
                                                                  "total_payment_cents": fine}
    elif fate < .2:
        yield notified + days(20), "Insert Date Appeal to Prefecture", {}
    penalty = notified + days(60)
    yield penalty, "Add penalty", {"amount_cents": 2 * fine}
    if .1 <= fate < .2:
        yield penalty + days(30), "Send Appeal to Prefecture", {}
        if fate < .15:
            yield penalty + days(120), "Notify Result Appeal to Offender", {}
    elif .2 <= fate < .35:
        owed = 2 * fine + postage
        yield penalty + days(5 + rng.randrange(100)), "Payment", {"payment_cents": owed, "total_payment_cents": owed}
    elif fate >= .4:
        yield datetime.date(penalty.year + 2, 3, 30), "Send for Credit Collection", {}


def write_log(path, cases, rng, prefix="S"):
    """Writes a log of `cases` cases named prefix1, prefix2 ...; gives the number of rows."""
    rows = 0
    with open(path, "w", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for case in range(cases):
            for seq, (date, activity, columns) in enumerate(case_events(rng), 1):
                writer.writerow({"case_id": f"{prefix}{case + 1}", "seq": seq, "activity": activity,
                                 "date": date.isoformat(), **columns})
                rows += 1
    return rows
