"""A member that was away for long, or never there, takes a snapshot while the others go on."""
import os
import re
import shutil

import crash
import governance
import small
from consortium import Consortium, Node, expect, free_ports, tail, wait_until

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


def newest(node, ending, largest=False):
    """A file of the ledger's store by its ending: the newest, or the largest."""
    data = os.path.join(node.dir, "data")
    files = [os.path.join(data, name) for name in os.listdir(data) if name.endswith(ending)]
    expect(files, f"{node.member} has no {ending} file")
    return max(files, key=os.path.getsize if largest else lambda f: (os.path.getmtime(f), f))


def flip(path, at):
    with open(path, "r+b") as f:
        f.seek(at)
        byte = f.read(1)
        f.seek(at)
        f.write(bytes([byte[0] ^ 0x40]))


def damaged(build, rng):
    """A torn end of the store's log is a crash and mended; damage elsewhere is refused, and mended by the others."""
    with Consortium(build) as consortium:
        consortium.start()
        small.fill(consortium, 400, rng)
        bureau, creditor = consortium["bureau"], consortium["creditor"]
        height = bureau.height()
        bureau.kill()
        log = newest(bureau, ".log")
        os.truncate(log, os.path.getsize(log) - 7)
        bureau.start()
        consortium.agree(60)
        expect(bureau.height() >= height, "a torn end lost what the others have")
        crash.same_books(crash.books(creditor), crash.books(bureau), "after a torn end")
        bureau.kill()
        log = newest(bureau, ".log", largest=True)
        for part in range(1, 20):
            flip(log, os.path.getsize(log) * part // 20 // 2)
        refuses(bureau, "damaged")
        # The journal is whole: the member needs no fence, only its ledger, which the others have.
        shutil.rmtree(os.path.join(bureau.dir, "data"))
        configure(bureau, snapshot_after=3)
        bureau.start()
        settled(consortium, bureau)
        crash.same_books(crash.books(creditor), crash.books(bureau), "after mending")
        votes(consortium, bureau, "agency-a", rng, "voted.csv")
        consortium.stop()


def newcomer(build, rng):
    """A member that was added in an epoch of its own takes a snapshot of that epoch, and then has a vote."""
    with Consortium(build) as consortium:
        consortium.start()
        small.fill(consortium, 300, rng)
        creditor = consortium["creditor"]
        node = Node(consortium, "regulator", "auditor", free_ports(1)[0])
        consortium.tool("keygen", node.dir, "--member", node.member, "--address", f"127.0.0.1:{node.port}",
                        "--roles", node.roles, "--rights", "all")
        governance.change(consortium, creditor, [consortium[m] for m in ("agency-a", "agency-b")],
                          add=node.dir, out=os.path.join(node.dir, "peers.tally"))
        crash.finish_import(go_on(consortium, rng, "later.csv", 300))
        configure(node, peers="peers.tally", snapshot_after=2)
        shutil.copy(consortium.genesis, os.path.join(node.dir, "genesis.tally"))
        consortium.nodes.append(node)
        more = go_on(consortium, rng, "more.csv", 300)
        node.start()
        wait_until(lambda: said(node, TAKEN) or not node.running(), 120, f"{node.member} to take a snapshot")
        crash.finish_import(more)
        consortium.agree(120)
        # It has the links of the epochs before its time.
        epochs = os.path.join(consortium.base, "epochs")
        node.run("members", "history", out=epochs)
        consortium.tool("members", "verify", epochs, "--genesis", consortium.genesis)
        votes(consortium, node, "agency-b", rng, "voted.csv")
        crash.same_books(crash.books(creditor), crash.books(node), "after joining in a later epoch")
        consortium.stop()


def lose_journal(node):
    for copy in ("journal-a", "journal-b"):
        shutil.rmtree(os.path.join(node.dir, copy))


def refuses(node, text):
    """The node says why it does not start, and ends."""
    node.start()
    node.process.wait(30)
    expect(node.process.returncode != 0, f"{node.member} started")
    expect(text in tail(node.log), f"{node.member} did not say '{text}': {tail(node.log)}")


def votes(consortium, node, without, rng, name):
    """With `without` away nothing is final but with the vote of `node`."""
    consortium[without].stop()
    size = node.status()["log_size"]
    crash.finish_import(go_on(consortium, rng, name, 150))
    expect(node.status()["log_size"] > size, f"nothing became final with {node.member}'s vote")
    consortium[without].start()
    consortium.agree(120)


def rejoined(consortium, node, rng, times=1):
    """Fenced anew, and the others past the fence: until then it has no vote and nobody may be missing."""
    wait_until(lambda: len(said(node, "rejoined")) == times and node.status(), 60, f"{node.member} to rejoin")
    floor = int(re.search(r"floor=(\d+)", said(node, "rejoined")[-1])[1])
    number = 0
    while node.status()["view"] < floor:
        expect(number < 10, f"the views do not get past {floor}")
        crash.finish_import(go_on(consortium, rng, f"past-{node.member}-{times}-{number}.csv", 20))
        number += 1
    consortium.agree(120)


def rejoin(build, rng):
    """A journal is lost, damaged, put back old: refused until it is fenced; then it votes."""
    with Consortium(build) as consortium:
        agency = consortium["agency-a"]
        consortium.start()
        small.fill(consortium, 300, rng)
        agency.stop()
        lose_journal(agency)
        refuses(agency, "tally rejoin")
        # An empty ledger does not make it a new member.
        shutil.rmtree(os.path.join(agency.dir, "data"))
        refuses(agency, "tally rejoin")
        consortium.tool("rejoin", agency.dir)
        more = go_on(consortium, rng, "while.csv", 150)
        agency.start()
        crash.finish_import(more)
        rejoined(consortium, agency, rng)
        votes(consortium, agency, "agency-b", rng, "voted.csv")
        # One flipped byte in the middle of one copy.
        agency.stop()
        path = os.path.join(agency.dir, "journal-b", "votes.journal")
        with open(path, "r+b") as f:
            f.seek(200)
            byte = f.read(1)
            f.seek(200)
            f.write(bytes([byte[0] ^ 1]))
        refuses(agency, "rejoin")
        consortium.tool("rejoin", agency.dir)
        agency.start()
        rejoined(consortium, agency, rng, times=2)
        votes(consortium, agency, "bureau", rng, "again.csv")
        expect(any("doubtful" in name for name in os.listdir(os.path.join(agency.dir, "journal-b"))),
               "the doubtful journal is gone")
        consortium.stop()


def restore(build, rng):
    """A backup has no journal and no keys; what is made of it votes only after a fenced rejoin."""
    with Consortium(build) as consortium:
        agency = consortium["agency-a"]
        consortium.start()
        small.fill(consortium, 300, rng)
        backup = os.path.join(consortium.base, "backup")
        done = consortium.tool("backup", agency.dir, backup, check=False)
        expect(done.returncode != 0 and "in use" in done.stderr, f"a running node was backed up: {done.stderr}")
        agency.stop()
        consortium.tool("backup", agency.dir, backup)
        names = {name for _, folders, files in os.walk(backup) for name in folders + files}
        expect(not any("journal" in n or n.endswith(".key") or n == "never-voted" or "vault" in n for n in names),
               f"the backup has {sorted(names)}")
        keys = os.path.join(consortium.base, "keys-kept-apart")
        shutil.copytree(os.path.join(agency.dir, "keys"), keys)
        agency.start()
        crash.finish_import(go_on(consortium, rng, "later.csv", 200))
        agency.stop()
        shutil.rmtree(agency.dir)
        done = consortium.tool("restore", backup, agency.dir, check=False)
        expect(done.returncode != 0 and "--keys" in done.stderr, f"restored without keys: {done.stderr}")
        shutil.rmtree(agency.dir)
        consortium.tool("restore", backup, agency.dir, "--keys", keys)
        agency.start()
        rejoined(consortium, agency, rng)
        votes(consortium, agency, "bureau", rng, "voted.csv")
        crash.same_books(crash.books(consortium["creditor"]), crash.books(agency), "after the restore")
        consortium.stop()
