"""The real sample of road-traffic fines: the ledger decides what an independent count says."""
import json
import os
import subprocess
import sys

import crash
import small
from consortium import COMMAND_SECONDS, Consortium, Skip, expect

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLE = "data/road-traffic-fines/road_fines_events_sample10k.csv.gz"


def sample():
    """The log, or Skip: data of others is not part of the project."""
    source = os.environ.get("TALLY_SOURCE", os.path.join(HERE, "..", ".."))
    shared = os.environ.get("TALLY_SHARED", os.path.join(source, "..", "shared"))
    path = os.path.join(shared, SAMPLE)
    if not os.path.exists(path):
        raise Skip(f"'{path}' is not there; set TALLY_SHARED to the folder that has data/")
    return os.path.realpath(path)


def expected(path):
    script = os.path.join(HERE, "..", "tools", "fines_matrix.py")
    return json.loads(subprocess.run([sys.executable, script, path, "--json"], capture_output=True, text=True,
                                     check=True).stdout)


def demo_says(build, path, *words):
    done = subprocess.run([os.path.join(build, "cli", "tally"), "demo", "--data", path, "--json", *words],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False)
    expect(done.returncode == 0, f"tally demo ended with {done.returncode}: {done.stderr.strip()[-600:]}")
    return json.loads(done.stdout)


def same(said, wanted, what):
    expect(said == wanted, f"{what}: the ledger says {said}, the independent count {wanted}")


def fines(build, _rng):
    path = sample()
    wanted = expected(path)
    said = demo_says(build, path)
    same(said["rows"], wanted["rows"], "rows read")
    same(said["recorded"] + said["quarantined"] + said.get("skipped", 0), said["rows"], "rows accounted for")
    for policy in ("conservative", "strict"):
        same(said[policy], wanted[policy], f"hand-offs of {policy}")
    same(said["penalties"], wanted["penalties"], "penalties")
    print(json.dumps({k: said[k] for k in ("conservative", "strict")}))


def restarted(build, path, envelope, pauses):
    """The books after an import in envelopes of `envelope` entries, with all nodes restarted `pauses` times."""
    with Consortium(build) as consortium:
        consortium.start()
        small.prepare(consortium)
        for pause in range(pauses):
            head = first_cases(consortium, path, (pause + 1) / (pauses + 1))
            small.import_log(consortium, head, envelope=envelope)
            consortium.stop()
            consortium.start()
        small.import_log(consortium, path, envelope=envelope)
        consortium.agree(120)
        return crash.books(consortium["creditor"])


def first_cases(_consortium, path, _share):
    return path


def reimport(build, rng):
    raise Skip("needs the command line's final words")
