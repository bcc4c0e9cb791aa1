"""A consortium on loopback for tests: members' directories, real processes, real signals.

Everything the command line looks like is said here and nowhere else, so a change of an option is a
change of one line.  Standard library only.
"""
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

MEMBERS = (("creditor", "creditor,servicer"), ("agency-a", "agency"), ("agency-b", "agency"), ("bureau", "bureau"))
READY_SECONDS = 30
COMMAND_SECONDS = 300


class Failure(AssertionError):
    """A promise was not kept; the text says which."""


class Skip(Exception):
    """The test cannot run here; the text says why."""


def expect(condition, text):
    if not condition:
        raise Failure(text)


def free_ports(count):
    """Ports nobody listens on now.  All are held open together so that none comes twice."""
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for s in held:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in held]


def wait_until(condition, seconds, what):
    """Polls `condition` until it gives something true, which is returned."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise Failure(f"waited {seconds} s in vain for {what}")
        time.sleep(0.05)


class Node:
    """One member: its directory, its port, its process while it runs."""

    def __init__(self, consortium, member, roles, port):
        self.consortium = consortium
        self.member, self.roles, self.port = member, roles, port
        self.dir = os.path.join(consortium.base, member)
        self.process = None
        self.program = consortium.tallyd
        self.environment = {}  # on top of ours

    @property
    def socket(self):
        return os.path.join(self.dir, "api.sock")

    @property
    def key(self):
        return os.path.join(self.dir, "keys", "author-main.key")

    @property
    def log(self):
        return os.path.join(self.dir, "tallyd.log")

    def start(self):
        expect(not self.running(), f"{self.member} runs already")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([self.program, self.dir], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, start_new_session=True,
                                            env={**os.environ, **self.environment})

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """kill -9: nothing is flushed, nothing is said."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds=20):
        """A graceful stop; its exit code."""
        if not self.running():
            return self.process.returncode if self.process else 0
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure(f"{self.member} did not stop in {seconds} s; see {self.log}") from None

    # -- the command line --

    def command(self, *words, **options):
        """argv of a tally command that asks this node with its main key."""
        argv = [self.consortium.tally_path, *words, "--node", "ipc://" + self.socket,
                "--genesis", self.consortium.genesis, "--key", options.pop("key", self.key)]
        for name, value in options.items():
            argv.append("--" + name.replace("_", "-"))
            if value is not True:
                argv.append(str(value))
        return argv

    def run(self, *words, check=True, seconds=COMMAND_SECONDS, **options):
        done = subprocess.run(self.command(*words, **options), stdin=subprocess.DEVNULL, timeout=seconds,
                              capture_output=True, text=True, check=False)
        if check and done.returncode != 0:
            raise Failure(f"tally {' '.join(words)} at {self.member} ended with {done.returncode}: "
                          f"{done.stderr.strip() or done.stdout.strip()}")
        return done

    def ask(self, *words, **options):
        return json.loads(self.run(*words, json=True, **options).stdout)

    def status(self, timeout=5):
        """What the node says of itself, or None while it says nothing."""
        if not self.running():
            return None
        try:
            done = self.run("status", check=False, seconds=timeout + 10, json=True, timeout=timeout)
            return json.loads(done.stdout) if done.returncode == 0 else None
        except (subprocess.TimeoutExpired, ValueError):
            return None

    def height(self):
        found = self.status()
        return found["height"] if found else -1


class Consortium:
    """Four members, a genesis file, a directory that goes away with it."""

    def __init__(self, build, members=MEMBERS, base=None, after_keys=None):
        self.build = os.path.abspath(build)
        self.tally_path = os.path.join(self.build, "cli", "tally")
        self.tallyd = os.path.join(self.build, "node", "tallyd")
        self.kept = base is not None
        self.after_keys = after_keys
        self.base = base or tempfile.mkdtemp(prefix="tally-", dir=os.environ.get("TALLY_TMP"))
        ports = free_ports(len(members))
        self.nodes = [Node(self, m, r, p) for (m, r), p in zip(members, ports)]
        self.genesis = os.path.join(self.base, "genesis.tally")

    def __enter__(self):
        self.create()
        return self

    def __exit__(self, kind, error, trace):
        for node in self.nodes:
            if node.running():
                node.kill()
        if kind is not None and kind is not Skip and os.environ.get("TALLY_KEEP"):
            print(f"kept: {self.base}")
        elif not self.kept:
            shutil.rmtree(self.base, ignore_errors=True)

    def __getitem__(self, member):
        return next(n for n in self.nodes if n.member == member)

    def tool(self, *words, check=True, seconds=COMMAND_SECONDS):
        """A tally command that asks no node."""
        done = subprocess.run([self.tally_path, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=seconds, check=False)
        if check and done.returncode != 0:
            raise Failure(f"tally {' '.join(words)} ended with {done.returncode}: "
                          f"{done.stderr.strip() or done.stdout.strip()}")
        return done

    def create(self):
        for node in self.nodes:
            self.tool("keygen", node.dir, "--member", node.member, "--address", f"127.0.0.1:{node.port}",
                      "--roles", node.roles, "--rights", "all")
        if self.after_keys:
            self.after_keys(self)
        self.tool("genesis", "create", "--out", self.genesis, "--name", "test.example/ledger",
                  "--first-date", "1999-12-31", *[n.dir for n in self.nodes])
        for node in self.nodes:
            shutil.copy(self.genesis, os.path.join(node.dir, "genesis.tally"))

    def start(self, *members):
        chosen = [self[m] for m in members] or self.nodes
        for node in chosen:
            node.start()
        for node in chosen:
            wait_until(lambda n=node: n.status() or not n.running(), READY_SECONDS, f"{node.member} to answer")
            expect(node.running(), f"{node.member} ended at start: {tail(node.log)}")
        return self

    def stop(self):
        codes = {n.member: n.stop() for n in self.nodes}
        expect(all(code == 0 for code in codes.values()), f"graceful stops ended with {codes}")

    def kill_all(self):
        for node in self.nodes:
            if node.running():
                node.process.send_signal(signal.SIGKILL)
        for node in self.nodes:
            node.process.wait()

    def agree(self, seconds=60):
        """Waits until all running nodes stand at one height, and gives that status of one of them."""

        def level():
            found = [n.status() for n in self.nodes if n.running()]
            if None in found or len({s["height"] for s in found}) != 1:
                return None
            return found

        found = wait_until(level, seconds, "all nodes to stand at one height")
        for field in ("log_size", "log_root", "state_root"):
            values = {str(s[field]) for s in found}
            expect(len(values) == 1, f"nodes at height {found[0]['height']} differ in {field}: {values}")
        return found[0]


def tail(path, lines=5):
    with contextlib.suppress(OSError), open(path, errors="replace") as f:
        return " | ".join(f.read().strip().split("\n")[-lines:])
    return "no log"
