"""The real sample of road-traffic fines: the ledger decides what an independent count says."""
import collections
import csv
import datetime
import gzip
import hashlib
import json
import os
import random
import subprocess
import sys

import crash
import small
from consortium import Consortium, Skip, expect

HERE = os.path.dirname(os.path.abspath(__file__))
COUNT = os.path.join(HERE, "..", "tools", "fines_matrix.py")
SAMPLE = "data/road-traffic-fines/road_fines_events_sample10k.csv.gz"
SALT = b"road-traffic-fines-demo"  # of the mapping under docs/examples
LAST_PENALTY = "2012-05-30"
# The one hand-off of strict that the town's own totals do not give: see docs/CONTRACTS.md.
BY_TABLE_ONLY = {"S117982": "the town asked 285.00 and was paid it, its table says 286.50"}
RESTART_AFTER = ("2004-06-30", "2009-02-28")


def sample():
    """The log, or Skip: data of others is not part of the project."""
    source = os.environ.get("TALLY_SOURCE", os.path.join(HERE, "..", ".."))
    shared = os.environ.get("TALLY_SHARED", os.path.join(source, "..", "shared"))
    path = os.path.join(shared, SAMPLE)
    if not os.path.exists(path):
        raise Skip(f"'{path}' is not there; set TALLY_SHARED to the folder that has data/")
    return os.path.realpath(path)


def count(path, *words):
    return subprocess.run([sys.executable, COUNT, path, *words], capture_output=True, text=True, check=True).stdout


def case_id(name):
    """The ledger's id of a case of the source, as docs/MAPPING.md says it is made."""
    return hashlib.sha256(b"tallystick/import-case/v1\0" + len(SALT).to_bytes(8, "big") + SALT
                          + name.encode()).hexdigest()[:32]


def handed_over(cases):
    """Ids of cases an agency holds at the end of the calendar, penalty by the last recorded batch."""
    return {c["case"] for c in cases if c["holder"] != c["owner"] and c.get("penalty_on", "9999") <= LAST_PENALTY}


def matrix(chosen, recorded, total):
    tp = len(chosen & recorded)
    return {"tp": tp, "fp": len(chosen) - tp, "fn": len(recorded) - tp, "tn": total - len(chosen | recorded)}


def same_set(said, wanted, what):
    expect(said == wanted, f"{what}: {len(said - wanted)} too many {sorted(said - wanted)[:3]}, "
                           f"{len(wanted - said)} missing {sorted(wanted - said)[:3]}")


class Penalties:
    """The town's penalties, and which of their amounts a tariff table can give.

    Some fines of one amount became different totals in the town's records, so no table from fine to
    total matches all of them; the best one matches all but `odd`."""

    def __init__(self, path):
        rows = [line.split(",") for line in count(path, "--list", "penalty").split()]
        usual = {}
        for _, _, fine, total in rows:
            usual.setdefault(fine, collections.Counter())[total] += 1
        self.days = {case_id(name): day for name, day, _, _ in rows}
        self.totals = {case_id(name): int(total) for name, _, _, total in rows}
        self.least = sum(sum(c.values()) - max(c.values()) for c in usual.values())
        self.odd = set()

    def check(self, cases):
        """Every penalty on its day, and no other; amounts as near the town's as a table can be."""
        said = {c["case"]: c for c in cases if c["fees"] > 0}
        same_set({(k, c["penalty_on"]) for k, c in said.items()}, set(self.days.items()), "penalties (case, day)")
        self.odd = {k for k, c in said.items()
                    if c["principal_charged_minor"] + c["fee_charged_minor"] != self.totals[k]}
        expect(len(self.odd) == self.least,
               f"{len(self.odd)} penalties differ in amount from the town's, {self.least} is what no table can avoid")
        print(f"{len(said)} penalties on their day; {len(self.odd)} amounts no table can match")


def imported(build, path, policy, wanted):
    """The cases after the log was imported under `policy`; every row is accounted for, all nodes agree."""
    with Consortium(build) as consortium:
        consortium.start()
        small.prepare(consortium, policy)
        said = json.loads(small.import_log(consortium, path, json=True).stdout)
        expect(said["rows"] == wanted["rows"] == said["mapped"] + said["skipped"] + said["rejected"],
               f"{policy}: rows do not add up: {said}")
        consortium.agree()
        notes = {n.run("checkpoint").stdout.split("\n\n")[0] for n in consortium.nodes}
        expect(len(notes) == 1, f"the nodes print different checkpoints: {notes}")
        cases = consortium["agency-a"].ask("query")
    expect(len(cases) == wanted["cases"], f"{policy}: {len(cases)} cases on the ledger, not {wanted['cases']}")
    print(f"{policy}: {said['sent']} entries in {said['time_ms']} ms")
    return cases


def fines(build, _rng):
    path = sample()
    wanted = json.loads(count(path, "--json"))
    ids = {kind: {case_id(name) for name in count(path, "--list", kind).split()}
           for kind in ("conservative", "strict", "recorded")}
    penalties = Penalties(path)

    cases = imported(build, path, "conservative", wanted)
    penalties.check(cases)
    chosen = handed_over(cases)
    same_set(chosen, ids["conservative"], "hand-offs of conservative")
    found = matrix(chosen, ids["recorded"], len(cases))
    expect(found == wanted["conservative"], f"conservative: {found}, the independent count {wanted['conservative']}")
    print(f"conservative: {found}")

    cases = imported(build, path, "strict", wanted)
    chosen = handed_over(cases)
    known = {case_id(name) for name in BY_TABLE_ONLY}
    same_set(chosen, ids["strict"] | known, "hand-offs of strict")
    expect(known <= penalties.odd - ids["strict"], "the stated difference of strict is none: state it no longer")
    print(f"strict: {matrix(chosen, ids['recorded'], len(cases))}, the independent count {wanted['strict']}")
    for name, why in BY_TABLE_ONLY.items():
        print(f"strict: {name} is handed over by the table alone: {why}")


def shadow(node, *words, **options):
    """Ids of the cases that `tally policy diff` lists, and the rows."""
    rows = node.ask("policy", "diff", *words, **options)
    return {row["case"] for row in rows}, rows


def policydiff(build, _rng):
    """The cases that another policy would hand over, or would not, are those of two independent counts."""
    path = sample()
    with Consortium(build) as consortium:
        consortium.start()
        small.prepare(consortium)
        small.import_log(consortium, path)
        consortium.agree()
        node = consortium["agency-b"]
        before = node.status()
        # A hand-over is looked at 210 days after the penalty, if the calendar goes on that long.
        last = datetime.date.fromisoformat(before["business_date"]) - datetime.timedelta(days=210)
        ids = {kind: {case_id(name) for name in count(path, "--list", kind, "--last-penalty", str(last)).split()}
               for kind in ("conservative", "strict")}
        wanted = (ids["conservative"] ^ ids["strict"]) | {case_id(name) for name in BY_TABLE_ONLY}

        export = os.path.join(consortium.base, "ledger.export")
        small.export(consortium, export)
        listed, rows = shadow(node, "conservative", "strict", ledger=export)
        same_set(listed, wanted, "cases whose hand-over another policy changes")
        placed = {side: {r["case"] for r in rows if r["under_" + side] == "placed"} for side in "ab"}
        same_set(placed["a"], ids["conservative"] & wanted, "cases that only conservative hands over")
        same_set(placed["b"], wanted - ids["conservative"], "cases that only strict hands over")
        for row in rows:
            expect(row["only"] in "ab" and row["type"].startswith("PLACEMENT_"), f"no decision about custody: {row}")

        same = shadow(node, "fines@1", os.path.join(small.EXAMPLES, "policies", "fines-strict.yaml"))[1]
        expect(same == rows, "the node's own ledger and its export give different lists")
        expect(shadow(node, "fines", "conservative", about="decisions")[0] == set(),
               "the policy that was published differs from itself")
        after = node.status()
        expect({k: before[k] for k in ("log_size", "log_root", "state_root")}
               == {k: after[k] for k in ("log_size", "log_root", "state_root")}, "a shadow run touched the ledger")
        agency = consortium["agency-b"]
        agency.stop()
        stopped = json.loads(consortium.tool("policy", "diff", "conservative", "strict", "--ledger", agency.dir,
                                             "--json").stdout)
        expect(stopped == rows, "a stopped node's directory and its export give different lists")
    print(f"{len(listed)} of {len(rows)} decisions' cases: as two independent counts differ")


def rows_until(path, target, day):
    """Writes the rows of the log dated up to `day`."""
    opened = gzip.open(path, "rt", newline="") if path.endswith(".gz") else open(path, newline="")
    with opened as source, open(target, "w", newline="") as out:
        reader = csv.reader(source)
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(next(reader))
        writer.writerows(row for row in reader if row[3] <= day)


def history(node, name):
    """A case's story without the places it happens to stand at."""
    steps = node.ask("case", "history", name, map=small.MAP)
    return [{k: v for k, v in step.items() if k not in ("leaf", "envelope", "inputs")} for step in steps]


def told(build, path, names, envelope, restarts):
    """Books and stories after an import in envelopes of `envelope` entries, all nodes restarted after each date."""
    with Consortium(build) as consortium:
        consortium.start()
        small.prepare(consortium)
        for day in restarts:
            head = os.path.join(consortium.base, f"until-{day}.csv")
            rows_until(path, head, day)
            small.import_log(consortium, head, envelope=envelope, until=day)
            consortium.stop()
            consortium.start()
        small.import_log(consortium, path, envelope=envelope)
        agreed = consortium.agree(120)
        node = consortium["creditor"]
        return crash.books(node), {name: history(node, name) for name in names}, agreed


def reimport(build, rng):
    path = sample()
    names = rng.sample(sorted({row.split(",")[0] for row in gzip.open(path, "rt").read().split()[1:]} - {""}), 200)
    names = [n for n in names if n[0].isalpha() and n[1:].isdigit()]
    once = told(build, path, names, 1024, ())
    again = told(build, path, names, random.Random(rng.random()).randrange(50, 400), RESTART_AFTER)
    crash.same_books(once[0], again[0], "one run and another with other blocks and restarts")
    for name in names:
        expect(once[1][name] == again[1][name], f"the story of case {name} differs between the runs")
    print(f"{len(once[0])} cases equal; {len(names)} stories equal; heights {once[2]['height']} and {again[2]['height']}")
