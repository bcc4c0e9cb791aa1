"""Reports against figures counted here: from the CSV, from cases as nodes showed them on the day, and from
what the test itself wrote.  Nothing of the product's counting is used."""
import collections
import datetime
import os

import bureau
import small
from consortium import Consortium, expect

FIRST, LAST = "2025-02-28", "2025-03-31"
ENDED = {"paid", "settled", "sold", "discharged", "cancelled", "uncollectible"}
BANDS = ((1, "current"), (30, "1-29"), (60, "30-59"), (90, "60-89"), (120, "90-119"), (150, "120-149"),
         (180, "150-179"), (10 ** 9, "180+"))
ORDER = [name for _, name in BANDS] + ["charged off"]


def day(text):
    return datetime.date.fromisoformat(text)


def bp(part, whole):
    return abs(part) * 10000 // whole * (1 if part >= 0 else -1) if whole else 0


def late(case):
    return next(name for limit, name in BANDS if case.get("days_past_due", 0) < limit)


def band(case):
    if case["stage"] in ("paid", "settled"):
        return case["stage"]
    if case["stage"] in ENDED:
        return "ended"
    return "charged off" if case["charged_off"] else late(case)


def same(said, wanted, what):
    expect(said == wanted, f"{what}: the report says {said}, counted here {wanted}")


def ageing(cases):
    rows = collections.defaultdict(lambda: [0, 0, 0])
    for case in cases:
        if case["stage"] not in ENDED and case["owed_minor"] > 0:
            row = rows[late(case)]
            row[0] += 1
            row[1] += case["owed_minor"]
            row[2] += case["charged_off"]
    return {name: tuple(row) for name, row in rows.items()}


def check_books(node, **options):
    """Debits equal credits: of each currency, and in each member's own books."""
    rows = node.ask("report", "trial-balance", **options)
    accounts = [r for r in rows if r["member"]]
    sums = {r["currency"]: (r["debit_minor"], r["credit_minor"]) for r in rows if not r["member"]}
    same({r["account"] for r in rows if not r["member"]}, {"sum, in balance"}, "the books' sums")
    for currency, said in sums.items():
        mine = [r for r in accounts if r["currency"] == currency]
        same(said, tuple(sum(r[k] for r in mine) for k in ("debit_minor", "credit_minor")), f"sums of {currency}")
        for member in {r["member"] for r in mine}:
            net = sum(r["debit_minor"] - r["credit_minor"] for r in mine if r["member"] == member)
            same(net, 0, f"the books of {member} in {currency}")
    return len(accounts)


def check_ageing(node, cases, **options):
    said = {r["band"]: (r["cases"], r["owed_minor"], r["charged_off"]) for r in node.ask("report", "ageing", **options)}
    same(said, ageing(cases), f"ageing {options}")


def check_moves(node, then, now):
    """Roll rates and cure: the cases as a node showed them on two days."""
    now = {c["case"]: c for c in now}
    moves = collections.Counter((band(c), band(now[c["case"]])) for c in then)
    owed = collections.Counter()
    for case in then:
        owed[band(case), band(now[case["case"]])] += case["owed_minor"]
    whole = collections.Counter(band(c) for c in then)
    rows = node.ask("report", "roll-rates", since=FIRST, until=LAST)
    same({(r["from"], r["to"]): (r["cases"], r["owed_minor"], r["cases_bp"]) for r in rows},
         {k: (n, owed[k], bp(n, whole[k[0]])) for k, n in moves.items()}, "roll rates")
    cured = {}
    for start in ORDER[1:]:
        out = {end: n for (begin, end), n in moves.items() if begin == start}
        if out:
            good = out.get("current", 0) + out.get("paid", 0) + out.get("settled", 0)
            cured[start] = (sum(out.values()), bp(good, sum(out.values())))
    same({r["from"]: (r["cases"], r["cure_bp"]) for r in node.ask("report", "cure", since=FIRST, until=LAST)}, cured,
         "cure")
    return len(moves)


def money(rows):
    """(case, day, cents, name, the day it was paid): a bounced payment goes back under its name."""
    paid = {}
    for row in rows:
        key = (row["case_id"], row["name"])
        if row["event"] == "payment":
            paid[key] = (int(row["amount_cents"]), row["date"])
            yield bureau.case_id(row["case_id"]), row["date"], paid[key][0], row["name"], row["date"]
        elif row["event"] == "bounced":
            yield bureau.case_id(row["case_id"]), row["date"], -paid[key][0], row["name"], paid[key][1]


def check_vintage(node, rows):
    placed = collections.defaultdict(list)
    for decision in node.ask("decisions", type="PLACEMENT_ACCEPTED"):
        placed[decision["case"]].append([decision["date"], "9999", decision["body"]["agency"],
                                         decision["body"]["balance_minor"]])
    for decision in node.ask("decisions", type="PLACEMENT_RECALLED"):
        span = next(s for s in placed[decision["case"]] if s[1] == "9999")
        span[1] = decision["date"]
    wanted = collections.defaultdict(lambda: [0, 0, 0, 0])
    for spans in placed.values():
        for start, _, agency, balance in spans:
            wanted[start[:7], agency][0] += 1
            wanted[start[:7], agency][1] += balance
    for case, on, cents, _, paid_on in money(rows):
        # A case goes out at the end of its day, after that day's payments; it comes back after them too.
        span = next((s for s in placed.get(case, []) if s[0] < paid_on <= s[1]), None)
        if span:
            row = wanted[span[0][:7], span[2]]
            row[2] += cents
            row[3] += cents if (day(on) - day(span[0])).days <= 90 else 0
    said = {(r["month"], r["agency"]): (r["cases"], r["placed_minor"], r["collected_minor"], r["within_90_minor"],
                                        r["recovery_bp"]) for r in node.ask("report", "vintage")}
    same(said, {k: (*v, bp(v[2], v[1])) for k, v in wanted.items()}, "vintage")
    agencies = collections.Counter()
    for (_, agency), row in wanted.items():
        agencies[agency] += row[2]
    return agencies


def check_time(node, rows):
    opened = {bureau.case_id(r["case_id"]): (r["debt_class"], r["product"], day(r["due_date"]))
              for r in rows if r["event"] == "open"}
    wanted = collections.defaultdict(lambda: [0, 0])
    for case, _, cents, _, paid_on in money(rows):
        debt_class, product, due = opened[case]
        row = wanted[debt_class, product]
        row[0] += cents
        row[1] += cents * (day(paid_on) - due).days
    said = {(r["debt_class"], r["product"]): (r["collected_minor"], r["average_days"])
            for r in node.ask("report", "collection-time")}
    same(said, {k: (v[0], v[1] // v[0]) for k, v in wanted.items()}, "collection time")


def check_disputes(node, rows):
    wanted = collections.defaultdict(lambda: [0] * 6)
    opened = {}
    outcomes = {"dispute_rejected": 2, "dispute_in_part": 3, "dispute_upheld": 4}
    for row in rows:
        regime = "commercial" if row["debt_class"] == "commercial" else "contract"
        key = (row["case_id"], row["name"])
        if row["event"] == "dispute":
            opened[key] = ((regime, row["detail"]), row["date"])
            wanted[regime, row["detail"]][0] += 1
        elif row["event"] in outcomes:
            kind, since = opened.pop(key)
            wanted[kind][1] += 1
            wanted[kind][outcomes[row["event"]]] += 1
            wanted[kind][5] += (day(row["date"]) - day(since)).days
    still = collections.Counter(kind for kind, _ in opened.values())
    said = {(r["regime"], r["reason"]): (r["opened"], r["answered"], r["rejected"], r["upheld_part"], r["upheld_full"],
                                         r["average_days"], r["open"]) for r in node.ask("report", "disputes")}
    same(said, {k: (*v[:5], v[5] // v[1], still[k]) for k, v in wanted.items()}, "disputes")


def check_timers(node, cases):
    """The first timer of each case is the one its record names."""
    first = {}
    for row in node.ask("report", "timers", within=30):
        if row["what"] != "no longer reported":
            first.setdefault(row["case"], row["due_on"])
    last = (day(LAST) + datetime.timedelta(30)).isoformat()
    wanted = {c["case"]: c["next_due"] for c in cases if c.get("next_due", "9999") <= last}
    same(first, wanted, "timers")
    return len(wanted)


def check_strategies(node, cases):
    wanted = collections.defaultdict(lambda: [0, 0, 0])
    for case in cases:
        row = wanted[case["policy_name"]]
        row[0] += 1
        row[1] += case["paid_minor"]
        row[2] += case["owed_minor"]
    said = {r["strategy"].split("@")[0]: [r["cases"], r["paid_minor"], r["owed_minor"]]
            for r in node.ask("report", "productivity", by="strategy")}
    same(said, dict(wanted), "productivity by strategy")


def write_conduct(consortium, rows, cases, rng):
    """Promises, talks and one contact after a cease order, on cases of the creditor's; what must be counted."""
    node = consortium["creditor"]
    paid = collections.Counter()
    for case, on, cents, _, _ in money(rows):
        if "2025-03-01" <= on <= "2025-03-10":
            paid[case] += cents
    own = [c["case"] for c in cases if c["holder"] == "creditor" and c["stage"] not in ENDED and c["owed_minor"] > 0]
    # What bounced meanwhile is no payment to judge a promise by.
    bounced = {case for case, on, cents, _, _ in money(rows) if cents < 0}
    own = [c for c in own if c not in bounced]
    chosen = rng.sample(sorted(set(own) & set(paid)), 4) + rng.sample(sorted(set(own) - set(paid)), 5)
    for number, case in enumerate(chosen):
        node.run("submit", "PROMISE_TO_PAY", "--set", "amount_minor=1", "--set", "pay_by_on=2025-03-10", case=case,
                 date="2025-03-01", ref=f"promise-{number}")
    # The same promise again: recognised, and not counted twice.
    node.run("submit", "PROMISE_TO_PAY", "--set", "amount_minor=1", "--set", "pay_by_on=2025-03-10", case=chosen[0],
             date="2025-03-01", ref="promise-0")
    node.run("submit", "CEASE_COMMUNICATION", "--set", "written=true", "--set", "medium=letter", case=chosen[0],
             date="2025-03-01", ref="cease")
    for number, outcome in enumerate(("no_answer", "conversation")):
        node.run("submit", "CONTACT_ATTEMPT", "--set", "channel=letter", "--set", "person=debtor", "--set",
                 "purpose=collect", "--set", f"outcome={outcome}", case=chosen[number], date="2025-03-01",
                 ref=f"talk-{number}", check=False)
    kept = sum(paid[c] > 0 for c in chosen)
    own = sum(r["event"] == "promise" for r in rows)  # those of the portfolio are kept
    return {"made": len(chosen) + own, "kept": kept + own, "broken": len(chosen) - kept}


def check_conduct(node, wanted, agencies, rows):
    called = sum(r["event"] == "called" for r in rows)
    promise = next(r for r in node.ask("report", "promises") if r["kind"] == "promise")
    same({k: promise[k] for k in wanted}, wanted, "promises")
    same(promise["kept_bp"], bp(wanted["kept"], wanted["made"]), "promises kept")
    found = node.ask("report", "violations")
    listed = collections.Counter((d["rule"], d["body"]["why"]) for d in node.ask("decisions", type="VIOLATION"))
    told = collections.Counter()
    for row in found:  # a row for each kind of entry
        told[row["rule"], row["why"]] += row["violations"]
    same(told, listed, "violations")
    expect(found and all(r["party"] == "creditor" and r["contacts"] == 2 + called for r in found), f"violations: {found}")
    actor = {r["actor"]: r for r in node.ask("report", "productivity")}
    same((actor["creditor"]["contacts"], actor["creditor"]["conversations"], actor["creditor"]["promises"]),
         (2 + called, 1 + called, wanted["made"]), "productivity of the creditor")
    same(actor["creditor"]["received_minor"], sum(cents for _, _, cents, _, _ in money(rows)), "what the creditor received")
    said = {r["agency"]: r["received_minor"] for r in node.ask("report", "productivity", by="agency")}
    # A payment that bounced after the case came back is taken off the vintage, but not off the time of custody.
    expect(all(said[a] >= cents for a, cents in agencies.items()), f"productivity by agency: {said} and {agencies}")


def reports(build, rng):
    rows = [r for r in bureau.portfolio() if r["date"] <= LAST]
    with Consortium(build) as consortium:
        consortium.start()
        bureau.prepare(consortium)
        height = bureau.import_until(consortium, FIRST)
        node = consortium["bureau"]
        then = node.ask("query")
        check_ageing(node, then)
        wanted = write_conduct(consortium, rows, then, rng)
        bureau.import_until(consortium, LAST)
        now = node.ask("query")

        check_ageing(node, now)
        check_books(node)
        check_ageing(node, then, height=height)
        check_books(node, height=height)
        export = os.path.join(consortium.base, "ledger.export")
        small.export(consortium, export)
        check_ageing(node, now, ledger=export)
        moves = check_moves(node, then, now)
        agencies = check_vintage(node, rows)
        check_time(node, rows)
        check_disputes(node, rows)
        timers = check_timers(node, now)
        check_strategies(node, now)
        check_conduct(node, wanted, agencies, rows)
        table = node.run("report", "ageing").stdout
        expect("180+" in table and "days past due" in table, f"no table is printed: {table}")
        expect(node.run("report", "ageing", csv=True).stdout.startswith("currency,band,cases"), "no CSV is printed")
    print(f"{len(now)} cases, {moves} moves, {timers} timers, {wanted['made']} promises: as counted here")
