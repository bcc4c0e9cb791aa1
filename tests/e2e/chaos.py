"""Chaos on real processes: crashes, stopped processes, a failing network, clocks and disks, under load.

The history is judged from outside, through the command line alone: what a client was told is final is on
every node exactly once, what it was not told is there at most once, all nodes agree, every ledger audits,
and after every heal a new entry becomes final. TALLY_CHAOS_SECONDS says for how long (default 120).
"""
import collections
import itertools
import json
import mmap
import os
import random
import signal
import struct
import subprocess
import threading
import time

import crash
from consortium import MEMBERS, Consortium, Failure, expect, free_ports, tail, wait_until
from faultnet import FaultNet

WRITERS = 4
MORE = (("agency-c", "agency"), ("agency-d", "agency"), ("law-firm", "law_firm"))
# What a node whose disk is full may end with by itself: cli/exit_codes.h.
ENDED_BY_DISK = (11, 13, 14)
POLICY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "examples", "policies",
                      "fines-conservative.yaml")


class Machine:
    """The clock and the disk of one node: see faults.c."""

    def __init__(self, node, library):
        self.node = node
        path = os.path.join(node.dir, "faults")
        with open(path, "wb") as f:
            f.write(bytes(16))
        with open(path, "r+b") as f:
            self.page = mmap.mmap(f.fileno(), 16)
        if os.path.exists(library):
            node.environment = {"LD_PRELOAD": library, "TALLY_FAULTS": path}
        self.disk_was_full = False

    def set(self, clock_ms=0, disk_full=0):
        self.page[:] = struct.pack("=qq", clock_ms, disk_full)
        self.disk_was_full = self.disk_was_full or bool(disk_full)


class Writer(threading.Thread):
    """One author: writes an entry, waits for its end, writes the next, at whichever node."""

    def __init__(self, world, number):
        super().__init__(daemon=True)
        self.world, self.number = world, number
        self.key = os.path.join(world.consortium["creditor"].dir, "keys", f"author-chaos{number}.key")
        self.told = {}  # case -> True: final, False: nobody knows
        self.stop_asked = threading.Event()

    def write(self, node, case, seconds):
        argv = node.command("submit", "AGREEMENT", key=self.key, to=node.member, case=case, date="2010-01-01", ref=case,
                            json=True, timeout=seconds)
        for field in ("debt_class=public", "product=chaos", "jurisdiction=XX", "currency=978", "policy=fines",
                      "principal_minor=1000", "debt_id=" + case, "opened_on=2010-01-01", "due_on=2010-02-01"):
            argv += ["--set", field]
        try:
            done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                                  timeout=seconds + 20)
        except subprocess.TimeoutExpired:
            self.told[case] = False
            return None
        self.told[case] = done.returncode == 0
        return done

    def run(self):
        for n in itertools.count():
            if self.stop_asked.is_set():
                return
            node = self.world.rng_for_writers.choice(self.world.consortium.nodes)
            case = f"{self.world.seed & 0xffffffff:08x}{self.number:08x}{n:016x}"
            done = self.write(node, case, 5)
            if done is not None and done.returncode in (2, 5):
                raise Failure(f"a correct entry was refused: {done.stderr.strip()}")
            if done is None or done.returncode != 0:
                time.sleep(0.1)


class World:
    def __init__(self, consortium, net, machines, rng):
        self.consortium, self.net, self.machines, self.rng = consortium, net, machines, rng
        self.seed = rng.getrandbits(32)
        self.rng_for_writers = random.Random(self.seed)
        self.began = time.monotonic()
        self.log = []
        self.writers = [Writer(self, i) for i in range(WRITERS)]
        self.probes = Writer(self, WRITERS)

    def note(self, what):
        self.log.append(f"{time.monotonic() - self.began:7.1f} s  {what}")

    def some(self, most=None):
        nodes = self.consortium.nodes
        return self.rng.sample(nodes, self.rng.randint(1, most or len(nodes)))

    # -- faults: each says what it did --

    def kill(self):
        victims = self.some()
        for node in victims:
            if node.running():
                node.kill()
        if self.rng.random() < 0.5:
            for node in victims:
                node.start()
            return f"killed and started at once: {names(victims)}"
        return f"killed: {names(victims)}"

    def freeze(self):
        victims = self.some()
        for node in victims:
            if node.running():
                node.process.send_signal(signal.SIGSTOP)
        return f"stopped in their tracks: {names(victims)}"

    def partition(self):
        side = {n.member for n in self.some(len(self.consortium.nodes) - 1)}
        for (a, b), link in self.net.links.items():
            link.open = (a in side) == (b in side)
        return f"cut off from the others: {sorted(side)}"

    def one_way(self):
        cut = self.rng.sample(sorted(self.net.links), self.rng.randint(1, len(self.net.links) // 2))
        for pair in cut:
            self.net.links[pair].open = False
        return f"silent in one direction: {[' to '.join(pair) for pair in cut]}"

    def slow(self):
        delay = self.rng.choice((20, 100, 400, 1500))
        late = self.rng.choice((0, 50, 300))
        for link in self.net.links.values():
            link.delay_ms, link.late_permille = delay, late
        return f"slow links: up to {delay} ms, {late} of 1,000 pieces late"

    def reset(self):
        self.net.reset_all()
        return "every connection reset"

    def clocks(self):
        victims = self.some()
        jumps = {n.member: self.rng.choice((-3600000, -30000, -1000, 500, 5000, 45000, 86400000)) for n in victims}
        for machine in self.machines:
            if machine.node.member in jumps:
                machine.set(clock_ms=jumps[machine.node.member])
        return f"wall clocks jump by ms: {jumps}"

    def full_disks(self):
        victims = self.some()
        for machine in self.machines:
            if machine.node in victims:
                machine.set(disk_full=1)
        return f"disks full: {names(victims)}"

    FAULTS = (kill, kill, freeze, partition, partition, one_way, slow, slow, reset, clocks, full_disks)

    def heal(self):
        self.net.heal()
        for machine in self.machines:
            machine.set()
            if machine.node.running():
                machine.node.process.send_signal(signal.SIGCONT)
        self.raise_the_dead()

    def raise_the_dead(self):
        """As a supervisor would: a full disk may end a node a moment after there is room again."""
        for machine in self.machines:
            if not machine.node.running():
                self.expect_good_end(machine)
                machine.node.start()

    def expect_good_end(self, machine):
        code = machine.node.process.returncode
        if code == -signal.SIGKILL:
            return
        expect(machine.disk_was_full and code in ENDED_BY_DISK,
               f"{machine.node.member} ended with {code}: {tail(machine.node.log, 10)}")

    def expect_progress(self, number):
        """A new entry becomes final at any node that is asked, however long the members need to find each other."""
        node = self.rng.choice(self.consortium.nodes)
        tries = itertools.count()

        def final():
            self.raise_the_dead()
            case = f"{self.seed & 0xffffffff:08x}{'f' * 8}{number:08x}{next(tries):08x}"
            done = self.probes.write(node, case, 10)
            return done is not None and done.returncode == 0

        wait_until(final, 180, f"an entry to become final at {node.member} after everything healed")

    def round(self, number):
        faults = self.rng.sample(self.FAULTS, self.rng.choice((1, 1, 2, 3)))
        for fault in faults:
            self.note(fault(self))
        time.sleep(self.rng.uniform(1, 6))
        self.heal()
        self.note("healed")
        self.expect_progress(number)
        for machine in self.machines:
            machine.disk_was_full = False
        return [fault.__name__ for fault in faults]


def names(nodes):
    return ", ".join(sorted(n.member for n in nodes))


def with_keys(consortium):
    creditor = consortium["creditor"]
    for i in range(WRITERS + 1):
        consortium.tool("keygen", creditor.dir, "--add-author", "--author", f"chaos{i}", "--rights", "submit,read")


def hide_behind(consortium, ports):
    """Each node listens at a port nobody knows; the one in genesis is the relay's."""
    for node, port in zip(consortium.nodes, ports):
        node.hidden_port = port
        with open(os.path.join(node.dir, "tallyd.conf"), "w") as f:
            f.write(f'listen: "127.0.0.1:{port}"\n')


def judge(world):
    """What clients were told, against what every node has."""
    told = collections.ChainMap(*(w.told for w in [*world.writers, world.probes]))
    final = {case for case, is_final in told.items() if is_final}
    world.consortium.agree(180)
    first = crash.books(world.consortium.nodes[0])
    for node in world.consortium.nodes[1:]:
        crash.same_books(first, crash.books(node), f"{world.consortium.nodes[0].member} and {node.member}")
    lost = final - first.keys()
    expect(not lost, f"{len(lost)} entries were final for a client and are on no ledger, first {sorted(lost)[:1]}")
    expect(first.keys() <= told.keys(), "a ledger has a case nobody wrote")
    crash.no_doubles(first)
    twice = [case for case, facts in first.items() if facts["entries"] != 1]
    expect(not twice, f"{len(twice)} entries are recorded twice, first {twice[:1]}")
    return len(final), len(told) - len(final), len(first)


def audit(consortium):
    consortium.stop()
    for node in consortium.nodes:
        consortium.tool("audit", node.dir)


def chaos(build, rng):
    seconds = float(os.environ.get("TALLY_CHAOS_SECONDS") or 120)
    members = (*MEMBERS, *MORE)[:rng.choice((4, 4, 5, 7))]
    counts = collections.Counter()
    with Consortium(build, members=members, after_keys=with_keys) as consortium:
        hide_behind(consortium, free_ports(len(members)))
        library = os.path.join(consortium.build, "tests", "e2e", "libtally_faults.so")
        machines = [Machine(node, library) for node in consortium.nodes]
        net = FaultNet(consortium, rng.getrandbits(32))
        net.start()
        world = World(consortium, net, machines, rng)
        try:
            consortium.start()
            consortium["creditor"].run("policy", "publish", POLICY)
            for writer in world.writers:
                writer.start()
            for number in itertools.count():
                if time.monotonic() - world.began > seconds:
                    break
                counts.update(world.round(number))
            for writer in world.writers:
                writer.stop_asked.set()
            for writer in world.writers:
                writer.join()
            final, unknown, recorded = judge(world)
            audit(consortium)
        except Failure:
            print("\n".join(world.log))
            raise
        finally:
            net.stop()
    print("\n".join(world.log))
    print(json.dumps({"members": len(members), "rounds": number, "faults": counts, "final": final,
                      "unknown": unknown, "recorded": recorded}))
