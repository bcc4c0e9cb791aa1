"""Members and keys change by the members' own entries, under load, and an outsider can tell."""
import os
import re
import random
import shutil
import subprocess
import threading

import crash
import join
import small
from consortium import Consortium, Node, expect, free_ports, tail, wait_until

FIVE = (("creditor", "creditor,servicer"), ("agency-a", "agency"), ("agency-b", "agency"), ("bureau", "bureau"),
        ("trustee", "auditor"))
ROWS = 60
KEYS = ("consensus", "log", "cosign", "vault", "tls")


def load_key(consortium):
    """The load writes with a key of its own: sequences are counted by key."""
    return os.path.join(consortium["creditor"].dir, "keys", "author-load.key")


def add_load_key(consortium):
    consortium.tool("keygen", consortium["creditor"].dir, "--add-author", "--author", "load")


class Load:
    """Imports, one after the other, until it is told to end; every row must be acknowledged."""

    def __init__(self, consortium, rng):
        self.consortium, self.rng = consortium, random.Random(rng.getrandbits(32))
        self.files, self.error, self.ending = [], None, threading.Event()
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def work(self):
        try:
            while not self.ending.is_set():
                path = small.log(self.consortium, f"load{len(self.files)}.csv", ROWS, self.rng)
                small.import_log(self.consortium, path, key=load_key(self.consortium), timeout=120)
                self.files.append(path)
        except Exception as error:  # pylint: disable=broad-except
            self.error = error

    def moves(self, files=1):
        """Waits until so many more files are acknowledged."""
        target = len(self.files) + files
        wait_until(lambda: self.error or len(self.files) >= target, 180, "the load to go on")
        if self.error:
            raise self.error

    def end(self):
        self.ending.set()
        self.thread.join()
        if self.error:
            raise self.error
        return self.files


def epoch_of(node):
    return node.ask("members", "history")[-1]["epoch"]


def change(consortium, by, approvers, **what):
    """One change from its proposal until every running node is in its epoch."""
    epoch = epoch_of(by) + 1
    plan = by.ask("members", "propose", **what)
    plan = (plan[0] if isinstance(plan, list) else plan)["plan"]
    for node in approvers:
        node.run("members", "approve", plan)
    for node in consortium.nodes:
        if node.running():
            wait_until(lambda n=node: begun(n, epoch) is not None, 60, f"epoch {epoch} at {node.member}")
    return epoch


def begun(node, epoch):
    """Whether the node has a vote in an epoch it says has begun, or None while it has not said so."""
    with open(node.log, errors="replace") as log:
        found = re.findall(r"epoch-begun .*epoch=%d .*votes=(\d)" % epoch, log.read())
    return found[-1] == "1" if found else None


def add_sixth(consortium, load):
    creditor = consortium["creditor"]
    node = Node(consortium, "regulator", "auditor", free_ports(1)[0])
    consortium.tool("keygen", node.dir, "--member", node.member, "--address", f"127.0.0.1:{node.port}",
                    "--roles", node.roles, "--rights", "all")
    plan = os.path.join(node.dir, "peers.tally")
    epoch = change(consortium, creditor, [consortium[m] for m in ("agency-a", "agency-b", "bureau")],
                   add=node.dir, out=plan)
    with open(os.path.join(node.dir, "tallyd.conf"), "w") as conf:
        conf.write("peers: peers.tally\n")
    with open(consortium.genesis, "rb") as source, open(os.path.join(node.dir, "genesis.tally"), "wb") as copy:
        copy.write(source.read())
    consortium.nodes.append(node)
    consortium.start("regulator")
    wait_until(lambda: begun(node, epoch), 120, f"the newcomer to have a vote: {tail(node.log)}")
    load.moves()


def rotate_all(consortium, load):
    node = consortium["agency-a"]
    old = {}
    for name in KEYS:
        with open(os.path.join(node.dir, "keys", name + ".key")) as file:
            old[name] = file.read()
    consortium.tool("keygen", node.dir, "--rotate", "all")
    epoch = change(consortium, consortium["creditor"],
                   [consortium[m] for m in ("agency-b", "bureau", "trustee", "regulator")],
                   replace=node.dir)
    wait_until(lambda: begun(node, epoch), 60, f"agency-a to vote with its new key: {tail(node.log)}")
    for name in KEYS:
        with open(os.path.join(node.dir, "keys", name + ".key")) as file:
            expect(file.read() != old[name], f"the new {name} key is not in its place")
    refused = node.run("status", check=False)
    expect(refused.returncode != 0, "a writing key that was replaced still has rights")
    os.rename(os.path.join(node.dir, "keys", "author-main.key"), os.path.join(node.dir, "keys", "old.key"))
    os.rename(os.path.join(node.dir, "keys", "author-main.next.key"), node.key)
    expect(node.ask("status")["member"] == "agency-a", "the new writing key has no rights")
    load.moves()
    node.stop()
    node.start()
    wait_until(node.status, 30, f"agency-a to come back with its new keys: {tail(node.log)}")
    load.moves()


def remove_one(consortium, load):
    bureau = consortium["bureau"]
    change(consortium, consortium["creditor"], [consortium[m] for m in ("agency-a", "agency-b", "trustee", "regulator")],
           remove="bureau")
    refused = bureau.run("status", check=False)
    expect(refused.returncode != 0, "a member that was removed may still ask")
    bureau.stop()
    consortium.nodes.remove(bureau)
    load.moves(2)


def fenced(node, load):
    """Has heard from a quorum of the others where they stand, and is past the fence: it votes again."""
    wait_until(lambda: join.said(node, "rejoined") and node.status(), 90, f"{node.member} to rejoin: {tail(node.log)}")
    floor = int(re.search(r"floor=(\d+)", join.said(node, "rejoined")[-1])[1])
    wait_until(lambda: load.error or node.status()["view"] >= floor, 180, f"the views to get past {floor}")
    load.moves()


def lose_journal(consortium, load):
    node = consortium["trustee"]
    node.stop()
    join.lose_journal(node)
    join.refuses(node, "tally rejoin")
    consortium.tool("rejoin", node.dir)
    node.start()
    fenced(node, load)


def restore(consortium, load):
    node = consortium["agency-b"]
    backup, keys = os.path.join(consortium.base, "backup"), os.path.join(consortium.base, "keys-kept-apart")
    node.stop()
    consortium.tool("backup", node.dir, backup)
    shutil.copytree(os.path.join(node.dir, "keys"), keys)
    node.start()
    wait_until(node.status, 30, "agency-b to come back before it is lost")
    load.moves()
    node.stop()
    shutil.rmtree(node.dir)
    consortium.tool("restore", backup, node.dir, "--keys", keys)
    node.start()
    fenced(node, load)


def second_opinion(consortium, kind, path):
    done = subprocess.run([os.path.join(consortium.build, "cli", "tally-verify"), kind, path, "--genesis",
                           consortium.genesis], capture_output=True, text=True, check=False)
    expect(done.returncode == 0, f"tally-verify: {done.stderr}")


def verify_outside(consortium):
    """With the genesis file and what a node handed out, nothing else."""
    creditor = consortium["creditor"]
    path = {name: os.path.join(consortium.base, name) for name in ("epochs", "checkpoint", "export")}
    creditor.run("members", "history", out=path["epochs"])
    note = wait_until(lambda: signed(consortium, path), 60, "a checkpoint with a quorum of signatures")
    expect("epoch 3" in note, f"the newest checkpoint is not of the newest epoch: {note}")
    # Receipts carry the epochs they stand on: of an entry of the first and of the last, of a case, a dossier.
    case = creditor.ask("case", "list")[0]["case"]
    wanted = [(str(leaf), {}) for leaf in (0, creditor.status()["log_size"] - 1)]
    wanted += [("--custody", {"case": case}), ("--case=" + case, {"absence": "BANKRUPTCY_FILED"})]
    for number, (word, options) in enumerate(wanted):
        receipt = os.path.join(consortium.base, f"{number}.receipt")
        creditor.run("receipt", "get", word, out=receipt, **options)
        consortium.tool("receipt", "verify", receipt, "--genesis", consortium.genesis)
        second_opinion(consortium, "receipt", receipt)
    page = os.path.join(consortium.base, "dossier.html")
    creditor.run("case", "dossier", case, out=page)
    consortium.tool("case", "dossier", "--verify", page, "--genesis", consortium.genesis)
    second_opinion(consortium, "dossier", page)
    creditor.run("export", path["export"])
    audit = consortium.tool("audit", path["export"], "--genesis", consortium.genesis)
    # The state of an earlier block, in the newest epoch: by replay through all of them.
    past = os.path.join(consortium.base, "past.receipt")
    consortium.tool("receipt", "get", "--case", case, "--height", str(creditor.status()["height"] - 1), "--ledger",
                    path["export"], "--genesis", consortium.genesis, "--out", past)
    second_opinion(consortium, "receipt", past)
    with open(path["epochs"], "r+b") as file:
        file.seek(os.path.getsize(path["epochs"]) // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    forged = consortium.tool("members", "verify", path["epochs"], "--genesis", consortium.genesis, check=False)
    expect(forged.returncode != 0, "an epoch file with one bit flipped verifies")
    return audit


def signed(consortium, path):
    done = consortium["creditor"].run("checkpoint", check=False)
    with open(path["checkpoint"], "w") as file:
        file.write(done.stdout)
    held = consortium.tool("members", "verify", path["epochs"], "--checkpoint", path["checkpoint"], "--genesis",
                           consortium.genesis, check=False)
    return held.stderr if held.returncode == 0 else None


def governance(build, rng):
    with Consortium(build, members=FIVE, after_keys=add_load_key) as consortium:
        consortium.start()
        small.prepare(consortium)
        load = Load(consortium, rng)
        try:
            load.moves()
            add_sixth(consortium, load)
            rotate_all(consortium, load)
            remove_one(consortium, load)
            lose_journal(consortium, load)
            restore(consortium, load)
        finally:
            load.ending.set()
            load.thread.join()
        files = load.end()
        before = consortium.agree(120)
        after = crash.books(consortium["creditor"])
        crash.no_doubles(after)
        # Once more: every row that was acknowledged is found there.
        for path in files:
            small.import_log(consortium, path, key=load_key(consortium))
        expect(consortium.agree()["state_root"] == before["state_root"], "an acknowledged row was lost")
        crash.same_books(after, crash.books(consortium["regulator"]), "the oldest member and the newest")
        verify_outside(consortium)
        print(f"3 epochs, {len(files)} imports, {len(after)} cases, {before['height']} blocks")


__all__ = ["governance"]
