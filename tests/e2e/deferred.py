"""An import that asks more of its envelopes than they may cause: what the engine defers is sent again, until all
of it has its effect, once."""
import csv
import os

import synthetic
from consortium import Consortium, expect

MAP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "examples", "maps",
                   "road-traffic-fines.yaml")
CASES, RULES, TIMES = 100, 5, 100
RULE = """  - id: busy.{0}
    citation: test order, section {0}
    stages: all
    when: {{since: due_on, days: 1, every: 1}}
    times: {1}
    class: none
    do: {{action_due: reminder}}
"""


def busy_policy(path):
    """Rules that each fire a hundred times on every case, day by day: more than half a block of leaves in a month."""
    with open(path, "w", encoding="utf-8") as f:
        f.write("policy: fines\nversion: 1\ntitle: Busy\nallocation: [cost, fee, tax, interest, principal]\nrules:\n")
        f.writelines(RULE.format(i, TIMES) for i in range(RULES))


def busy_log(path):
    with open(path, "w", newline="", encoding="utf-8") as f:
        writer = csv.DictWriter(f, synthetic.COLUMNS, lineterminator="\n")
        writer.writeheader()
        for case in range(CASES):
            writer.writerow({"case_id": f"B{case}", "seq": 1, "activity": "Create Fine", "date": "2006-01-01",
                             "amount_cents": 3600, "total_payment_cents": 0, "article": 157, "points": 0,
                             "vehicle_class": "A", "dismissal": "NIL", "resource": 500})
        for case in range(CASES):
            writer.writerow({"case_id": f"B{case}", "seq": 2, "activity": "Payment", "date": "2006-07-01",
                             "payment_cents": 1000, "total_payment_cents": 1000})


def deferred(build, _rng):
    with Consortium(build) as consortium:
        consortium.start()
        policy, log = os.path.join(consortium.base, "busy.yaml"), os.path.join(consortium.base, "busy.csv")
        busy_policy(policy)
        busy_log(log)
        node = consortium["creditor"]
        node.run("policy", "publish", policy)
        found = node.ask("import", log, map=MAP, until="2006-12-31", quarantine=log + ".quarantine")
        expect(found.get("deferred", 0) > 0, f"nothing was deferred: {found}")
        rows = node.ask("case", "list")
        expect(len(rows) == CASES and all(r["payments"] == 1 and r["paid_minor"] == 1000 for r in rows),
               "a payment had no effect, or had it twice")
        expect(all(r["duplicates"] == 0 for r in rows), "what was deferred came back as a repeat")
        fired = len(node.ask("decisions", type="ACTION_DUE"))
        expect(fired == CASES * RULES * TIMES, f"{fired} timers fired, not {CASES * RULES * TIMES}")
        again = node.ask("import", log, map=MAP, until="2006-12-31", quarantine=log + ".quarantine")
        expect(again.get("deferred", 0) == 0, f"a second import is deferred: {again}")
        print(f"{found['deferred']} entries deferred and sent again, {fired} timers fired")
