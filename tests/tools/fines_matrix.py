#!/usr/bin/env python3
"""What the two demo policies must decide on the road-traffic-fines log, straight from the CSV.

Usage: fines_matrix.py FILE.csv[.gz] [--json] [--list conservative|strict|recorded|penalty] [--last-penalty DATE]

Shares no code and no data file with the product, so that agreement means something.

A case is handed over at the end of the calendar when all of this holds:
  both          a penalty was added; penalty total plus postage is not fully paid; the fine was
                not dismissed (a `dismissal` other than empty or NIL on any row, '#' and 'G' too)
  conservative  total paid is below the fine itself, and no appeal was ever filed.  Any of the
                five appeal events says that one was (A189 has a result and no filing row).
  strict        fine plus postage were not paid by the day of the penalty (rule B), and no appeal
                is open.  The log knows two kinds.  One to the prefect shows in up to four rows,
                not all of which every case has: any of them says that it was filed, and it is
                open unless the case has a row that receives or notifies a result.  For one to a
                judge the log has no row with a result, so it stays open; a result of the prefect
                does not close it (A44928 has both).

The matrix compares with the recorded "Send for Credit Collection".  The last recorded batch took
penalties up to 2012-05-30; a later penalty is no prediction.  --last-penalty moves that day, for who
asks what the policies decide and not whom the town handed over.
"""
import argparse
import csv
import datetime
import gzip
import json
import sys

LAST_RECORDED = datetime.date(2012, 5, 30)
JUDGE = "Appeal to Judge"
RESULT = {"Receive Result Appeal from Prefecture", "Notify Result Appeal to Offender"}
PREFECT = RESULT | {"Insert Date Appeal to Prefecture", "Send Appeal to Prefecture"}


class Case:
    """Everything the two rules ask about one case."""

    last_penalty = LAST_RECORDED

    def __init__(self):
        self.fine = self.postage = self.penalty_total = self.paid = self.paid_by_penalty = 0
        self.notified = self.penalty_on = self.handed_over_on = None
        self.to_prefect = self.answered = self.to_judge = self.dismissed = False
        self.payments = []

    def read(self, row):
        day = datetime.date.fromisoformat(row["date"])
        activity = row["activity"]
        self.dismissed |= row["dismissal"] not in ("", "NIL")
        self.postage += int(row["expense_cents"] or 0)
        self.to_prefect |= activity in PREFECT
        self.answered |= activity in RESULT
        self.to_judge |= activity == JUDGE
        if activity == "Create Fine":
            self.fine = int(row["amount_cents"])
        elif activity == "Insert Fine Notification":
            self.notified = day
        elif activity == "Add penalty":
            self.penalty_on, self.penalty_total = day, int(row["amount_cents"])
        elif activity == "Payment":
            self.payments.append((day, int(row["payment_cents"])))
        elif activity == "Send for Credit Collection":
            self.handed_over_on = day

    def close(self):
        self.paid = sum(cents for _, cents in self.payments)
        if self.penalty_on:
            self.paid_by_penalty = sum(cents for day, cents in self.payments if day <= self.penalty_on)

    def eligible(self):
        return (self.penalty_on is not None and self.penalty_on <= self.last_penalty and not self.dismissed
                and self.paid < self.penalty_total + self.postage)

    def conservative(self):
        return self.eligible() and self.paid < self.fine and not self.to_prefect and not self.to_judge

    def rule_b(self):
        return self.eligible() and self.paid_by_penalty < self.fine + self.postage

    def strict(self):
        return self.rule_b() and not self.to_judge and (self.answered or not self.to_prefect)

    def recorded(self):
        return self.handed_over_on is not None


def read_cases(path):
    opened = gzip.open(path, "rt", newline="") if path.endswith(".gz") else open(path, newline="")
    cases, rows, activities = {}, 0, {}
    with opened as stream:
        for row in csv.DictReader(stream):
            rows += 1
            activities[row["activity"]] = activities.get(row["activity"], 0) + 1
            cases.setdefault(row["case_id"], Case()).read(row)
    for case in cases.values():
        case.close()
    return cases, rows, activities


def matrix(cases, rule):
    counts = {"tp": 0, "fp": 0, "fn": 0, "tn": 0}
    for case in cases.values():
        predicted, actual = rule(case), case.recorded()
        counts[("t" if predicted == actual else "f") + ("p" if predicted else "n")] += 1
    return counts


def summary(cases, rows, activities):
    penalties = [c for c in cases.values() if c.penalty_on]
    return {
        "rows": rows,
        "cases": len(cases),
        "activities": dict(sorted(activities.items())),
        "penalties": len(penalties),
        "penalties_60_days_after_notification":
            sum(1 for c in penalties if c.notified and (c.penalty_on - c.notified).days == 60),
        "strict_penalties": sum(1 for c in penalties if c.paid_by_penalty < c.fine + c.postage),
        "fines_cents": sum(c.fine for c in cases.values()),
        "postage_cents": sum(c.postage for c in cases.values()),
        "paid_cents": sum(c.paid for c in cases.values()),
        "conservative": matrix(cases, Case.conservative),
        "rule_b": matrix(cases, Case.rule_b),
        "strict": matrix(cases, Case.strict),
    }


def main():
    parser = argparse.ArgumentParser(description="expected decisions of the demo policies, from the CSV alone")
    parser.add_argument("file")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--list", choices=["conservative", "strict", "recorded", "penalty"])
    parser.add_argument("--last-penalty", type=datetime.date.fromisoformat, default=LAST_RECORDED, metavar="DATE")
    args = parser.parse_args()
    Case.last_penalty = args.last_penalty
    cases, rows, activities = read_cases(args.file)
    if args.list == "penalty":
        for name, case in cases.items():
            if case.penalty_on:
                print(name, case.penalty_on, case.fine, case.penalty_total, sep=",")
    elif args.list:
        for name, case in cases.items():
            if getattr(case, args.list)():
                print(name)
    elif args.json:
        json.dump(summary(cases, rows, activities), sys.stdout, indent=1)
        print()
    else:
        for key, value in summary(cases, rows, activities).items():
            print(f"{key}: {value}")


if __name__ == "__main__":
    main()
