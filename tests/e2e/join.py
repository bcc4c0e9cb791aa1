"""A member that was away for long, or never there, takes a snapshot while the others go on."""
import os
import re

import crash
import small
from consortium import Consortium, expect, tail, wait_until

TAKEN = "snapshot-taken"


def configure(node, **settings):
    with open(os.path.join(node.dir, "tallyd.conf"), "a") as f:
        for name, value in settings.items():
            f.write(f"{name.replace('_', '-')}: {value}\n")


def said(node, event):
    """The log lines of an event, oldest first."""
    with open(node.log, errors="replace") as f:
        return [line for line in f if re.search(rf"\b{event}\b", line)]


def fill_without(consortium, member, rng, cases=600):
    """A ledger all but one member know."""
    consortium.start(*[n.member for n in consortium.nodes if n.member != member])
    small.fill(consortium, cases, rng)


def go_on(consortium, rng, name, cases=400):
    path = small.log(consortium, name, cases, rng)
    return crash.start_import(consortium, path)


def settled(consortium, node):
    """Waits until `node` has taken a snapshot and stands where all others stand."""
    wait_until(lambda: said(node, TAKEN) or not node.running(), 120, f"{node.member} to take a snapshot")
    expect(node.running(), f"{node.member} ended: {tail(node.log)}")
    return consortium.agree(120)


def join(build, rng):
    """The bureau starts on an empty ledger while the others go on, and then lives like any other."""
    with Consortium(build) as consortium:
        bureau, creditor = consortium["bureau"], consortium["creditor"]
        configure(bureau, snapshot_after=3)
        fill_without(consortium, "bureau", rng)
        more = go_on(consortium, rng, "more.csv")
        bureau.start()
        crash.finish_import(more)
        settled(consortium, bureau)
        caught_up = bureau.status()["counters"]["blocks_caught_up"]
        expect(caught_up < bureau.height(), f"the bureau caught up {caught_up} blocks as if there were no snapshot")
        crash.same_books(crash.books(creditor), crash.books(bureau), "after joining")
        bureau.kill()
        bureau.start()
        wait_until(bureau.status, 30, "the bureau to start again")
        # It counts: with one of the others away, nothing is final without it.
        consortium["agency-b"].stop()
        size = bureau.status()["log_size"]
        crash.finish_import(go_on(consortium, rng, "third.csv"))
        expect(bureau.status()["log_size"] > size, "nothing became final with the bureau's vote")
        consortium["agency-b"].start()
        consortium.agree(120)
        crash.same_books(crash.books(creditor), crash.books(bureau), "after voting")
        consortium.stop()


def liars(build, rng):
    """One of three sources gives wrong chunks: it is found out, and the snapshot is whole all the same."""
    with Consortium(build) as consortium:
        bureau, creditor, liar = consortium["bureau"], consortium["creditor"], consortium["agency-b"]
        liar.program = os.path.join(consortium.build, "tests", "e2e", "tallyd_liar")
        configure(bureau, snapshot_after=3)
        fill_without(consortium, "bureau", rng)
        # One of each: all that give one ledger's snapshot give the same chunks.
        bureau.start()
        settled(consortium, bureau)
        expect(bureau.status()["state_root"] == creditor.status()["state_root"], "the states differ")
        crash.same_books(crash.books(creditor), crash.books(bureau), "after joining from a liar too")
        dropped = said(bureau, "snapshot-source-dropped")
        expect(any("agency-b" in line for line in dropped), f"the liar was not found out: {dropped}")
        expect(not any("peer=creditor" in line or "peer=agency-a" in line for line in dropped),
               f"an honest member was dropped: {dropped}")
        consortium.kill_all()
