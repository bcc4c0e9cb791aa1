"""Crashes lose nothing that was acknowledged, double nothing, and stop nobody who can go on."""
import json
import subprocess
import time

import small
from consortium import Consortium, Failure, expect, wait_until

CASES = 4000


def books(node):
    """What every case is, whatever block or leaf it is in: the facts to compare two ledgers by."""
    rows = node.ask("query", seconds=300)
    cases = rows["cases"] if isinstance(rows, dict) else rows
    keep = ("case", "stage", "holder", "principal_minor", "fee_minor", "cost_minor", "owed_minor", "paid_minor",
            "unapplied_minor", "holds", "placement", "placements",
            "recalls", "penalty_on", "paid_on", "reporting", "charged_off", "entries", "duplicates", "violations",
            "denials", "leaves", "next_due")
    return {case["case"]: {k: case[k] for k in keep if k in case} for case in cases}


def same_books(a, b, what):
    expect(a, f"{what}: there are no cases to compare")
    expect(a.keys() == b.keys(), f"{what}: {len(a)} cases in one, {len(b)} in the other")
    for case, facts in a.items():
        expect(facts == b[case], f"{what}: case {case} differs: {facts} and {b[case]}")


def no_doubles(books_):
    doubled = [case for case, facts in books_.items() if facts.get("duplicates")]
    expect(not doubled, f"{len(doubled)} cases hold an entry twice, first '{doubled[:1]}'")


def start_import(consortium, path):
    argv = consortium["creditor"].command("import", path, map=small.MAP, quarantine=path + ".quarantine", timeout=120,
                                          json=True)
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish_import(process):
    out, err = process.communicate(timeout=300)
    expect(process.returncode == 0, f"the import ended with {process.returncode}: {err.strip()[-400:]}")
    return json.loads(out)


def grown(node, size):
    found = node.status()
    return found and found["log_size"] > size


def kill_each_in_turn(consortium, importing):
    kills = 0
    for node in consortium.nodes:
        if importing.poll() is not None:
            break
        watcher = next(n for n in consortium.nodes if n is not node)
        size = (watcher.status() or {"log_size": 0})["log_size"]
        try:
            wait_until(lambda w=watcher, s=size: grown(w, s) or importing.poll() is not None, 60, "progress")
        finally:
            node.kill()
        kills += 1
        time.sleep(0.5)
        node.start()
    return kills


def kill_everyone(consortium, importing):
    if importing.poll() is None:
        time.sleep(0.3)
    consortium.kill_all()
    for node in consortium.nodes:
        node.start()


def quiet_books(build, path_of, cases, rng_seed):
    """The books of the same log on a consortium where nothing went wrong."""
    import random
    with Consortium(build) as calm:
        calm.start()
        small.prepare(calm)
        small.import_log(calm, path_of(calm, cases, random.Random(rng_seed)))
        calm.agree()
        return books(calm["creditor"])


def the_log(consortium, cases, rng):
    return small.log(consortium, "crash.csv", cases, rng)


def crash(build, rng):
    seed = rng.getrandbits(32)
    import random
    with Consortium(build) as consortium:
        consortium.start()
        small.prepare(consortium)
        path = the_log(consortium, CASES, random.Random(seed))
        importing = start_import(consortium, path)
        try:
            kills = kill_each_in_turn(consortium, importing)
            kill_everyone(consortium, importing)
            said = finish_import(importing)
        finally:
            if importing.poll() is None:
                importing.kill()
        agreed = consortium.agree(120)
        after = books(consortium["creditor"])
        no_doubles(after)
        # Once more with everything up: the import finds all of its rows there.
        small.import_log(consortium, path)
        expect(consortium.agree()["state_root"] == agreed["state_root"], "a second import changed the state")
    same_books(after, quiet_books(build, the_log, CASES, seed), "after crashes and without")
    print(f"{kills + 4} kills, {len(after)} cases; import said {json.dumps(said)[:200]}")


def stands_still(consortium, member, seconds):
    height = consortium[member].height()
    time.sleep(seconds)
    expect(consortium[member].height() == height, f"{member} made blocks with two members down")


def minority(build, rng):
    with Consortium(build) as consortium:
        consortium.start()
        small.fill(consortium, 40, rng)
        consortium["bureau"].kill()
        small.import_log(consortium, small.log(consortium, "one-down.csv", 60, rng))
        three = consortium.agree()
        consortium["agency-b"].kill()
        height = consortium["creditor"].height()
        path = small.log(consortium, "two-down.csv", 90, rng)
        done = small.try_import(consortium, path, timeout=5, seconds=120)
        expect(done.returncode != 0, "an import was acknowledged with two of four members down")
        stands_still(consortium, "creditor", 3)
        expect(consortium["creditor"].height() == height, "a block became final with two of four members down")
        said = consortium["creditor"].status()
        expect(said["waiting_for"], "the status does not say what the node waits for")
        down = sorted(m["id"] for m in said["members"] if not m["up"] and not m.get("self"))
        expect(down == ["agency-b", "bureau"], f"the status says {down} are down, not agency-b and bureau")
        consortium.start("agency-b", "bureau")
        small.import_log(consortium, path, timeout=60)
        back = consortium.agree()
        expect(back["height"] > three["height"], "no progress after the members came back")
        no_doubles(books(consortium["creditor"]))
        print(f"two down: '{said['waiting_for']}'")


__all__ = ["Failure", "crash", "minority"]
