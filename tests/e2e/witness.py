"""A witness over HTTP: it cosigns what grows, whatever crashes, and refuses everything else."""
import base64
import csv
import hashlib
import http.client
import json
import os
import shutil
import signal
import subprocess

from consortium import Consortium, expect, free_ports, wait_until

SIGSUM_KEY = bytes.fromhex("ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f")
SIGSUM_LOG = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
TRANSCRIPT = "vectors/tlog-witness/litewitness.txt"


def vkey(name, key, kind=1):
    typed = bytes([kind]) + key
    key_id = hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]
    return f"{name}+{key_id.hex()}+{base64.b64encode(typed).decode()}"


class Witness:
    """A witness process; started again it must know what it signed."""

    def __init__(self, tally, base, policies, name="witness.example/w1"):
        self.tally, self.dir, self.policies, self.name = tally, os.path.join(base, "witness"), policies, name
        self.port = free_ports(1)[0]
        self.process, self.vkey = None, None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        logs = [word for policy in self.policies for word in ("--log", policy)]
        name = [] if os.path.exists(self.dir) else ["--name", self.name]
        self.process = subprocess.Popen([self.tally, "witness", "serve", self.dir, "--listen", self.url, "--csv", *logs,
                                         *name], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        lines = [self.process.stdout.readline() for _ in range(2)]
        expect(lines[1], "the witness did not start")
        self.vkey = next(csv.DictReader(lines))["vkey"]
        return self

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        expect(self.process.wait(20) == 0, "the witness did not end well")
        self.process.stdout.close()

    def restart(self):
        self.kill()
        return self.start()

    def post(self, body, path="/add-checkpoint", method="POST"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, body)
        answer = connection.getresponse()
        found = answer.status, answer.getheader("Content-Type"), answer.read()
        connection.close()
        return found


def exchanges(path):
    """(request, status, unknown log) of each exchange of the transcript: bodies stand between fences."""
    with open(path, "rb") as f:
        parts = f.read().split(b"```\n")
    for i in range(1, len(parts) - 1, 2):
        said = parts[i + 1]
        status = int(said.split(b"HTTP ")[1].split()[0])
        unknown = b"unknown log" in said.split(b"POST ")[0]
        yield parts[i], status, unknown


def transcript(build, base):
    """The exchanges of another witness, over HTTP."""
    shared = os.environ.get("TALLY_SHARED") or os.path.join(os.environ.get("TALLY_SOURCE", "."), "..", "shared")
    path = os.path.join(shared, TRANSCRIPT)
    if not os.path.exists(path):
        print("skipped: no shared transcript")
        return
    policy = os.path.join(base, "sigsum.policy")
    with open(policy, "w", encoding="ascii") as f:
        f.write(f"log {vkey(SIGSUM_LOG, SIGSUM_KEY)}\nquorum none\n")
    w = Witness(os.path.join(build, "cli", "tally"), base, [policy]).start()
    try:
        replay(w, path)
        w.stop()
    finally:
        w.process.kill()
    shutil.rmtree(w.dir)


def replay(witness, path):
    """Each exchange is answered as it was, with a kill -9 after every one; then what no log says."""
    count = 0
    for body, status, unknown in exchanges(path):
        code, kind, answer = witness.post(body)
        # The transcript is older than the rule that an unknown log is 404.
        expect(code == (404 if unknown else status), f"exchange {count}: {code} instead of {status}: {answer!r}")
        expect((kind == "text/x.tlog.size") == (code == 409), f"exchange {count}: {code} has type {kind}")
        if code == 200:
            expect(answer.startswith(b"\xe2\x80\x94 witness.example/w1 "), f"exchange {count} answers {answer!r}")
        witness.restart()
        count += 1
    expect(count == 9, f"the transcript has {count} exchanges")
    for body in (b"", b"old 0\n", b"\0" * 1000, b"old 0\n\n" + b"x" * 60000):
        code = witness.post(body)[0]
        expect(code in (400, 403), f"{body[:20]!r} is answered with {code}")
    expect(refused(witness, b"x" * 200000), "a request of any length is read")
    expect(witness.post(b"", path="/")[0] == 404, "every path is answered")
    expect(witness.post(None, method="GET")[0] in (404, 405), "GET is answered")


def refused(witness, body):
    """Answered with an error, or cut off while it is still being sent."""
    try:
        return witness.post(body)[0] in (400, 413)
    except OSError:
        return True


def ask(consortium, asked, node="creditor", **options):
    options.setdefault("witness", asked.vkey)
    return consortium[node].run("witness", "ask", asked.url, json=True, check=False, **options)


def cosigned(consortium, witness, leaves, **options):
    """Asks until the node's checkpoint has come to that size: it signs soon after finality, not at once."""

    def came():
        done = ask(consortium, witness, **options)
        expect(done.returncode == 0, f"asking ended with {done.returncode}: {done.stdout}{done.stderr}")
        found = json.loads(done.stdout)
        return found["note"] if found["leaves"] == leaves else None

    return wait_until(came, 30, f"{leaves} leaves to be cosigned")


def payments(consortium, first, count):
    for number in range(first, first + count):
        consortium["creditor"].run("submit", "PAYMENT", "--set", "amount_minor=100", case=f"{number:032x}",
                                   date="2000-01-01", ref=f"payment {number}")
    return consortium.agree()["log_size"]


def growing(consortium, witness):
    """Each checkpoint continues the last one, also across a crash of the witness; any member may ask."""
    cosigned(consortium, witness, payments(consortium, 1, 1))
    cosigned(consortium, witness, payments(consortium, 2, 3))
    witness.restart()
    size = payments(consortium, 5, 2)
    cosigned(consortium, witness, size, node="bureau")
    path = os.path.join(consortium.base, "checkpoint")
    cosigned(consortium, witness, size, out=path)
    with open(path, encoding="utf-8") as f:
        expect(f.read().split("\n")[1] == str(size), "the file is another checkpoint")


def believed(consortium, witness):
    """A policy that also wants the witness accepts the note, by our reader and by the second one."""
    policy = os.path.join(consortium.base, "tiles", "policy")
    with open(policy, encoding="ascii") as f:
        lines = [line for line in f.read().split("\n") if line and not line.startswith("quorum")]
    lines += [f"witness outside {witness.vkey}", "group everybody all q outside", "quorum everybody"]
    stricter = os.path.join(consortium.base, "stricter.policy")
    with open(stricter, "w", encoding="ascii") as f:
        f.write("\n".join(lines) + "\n")
    path = os.path.join(consortium.base, "checkpoint")
    verifier = os.path.join(consortium.build, "cli", "tally-verify")

    def accepted():
        ask(consortium, witness, out=path)
        done = subprocess.run([verifier, "checkpoint", path, "--policy", stricter], capture_output=True, check=False)
        return done.returncode == 0

    wait_until(accepted, 30, "a quorum and the witness to have cosigned")


def rolled_back(consortium, witness):
    """A consortium restored from an older copy is refused: shorter at first, another log later."""
    consortium.stop()
    for node in consortium.nodes:
        shutil.copytree(node.dir, node.dir + ".kept", ignore=shutil.ignore_patterns("*.sock"))
    consortium.start()
    ahead = payments(consortium, 20, 3)
    cosigned(consortium, witness, ahead)
    consortium.stop()
    for node in consortium.nodes:
        shutil.rmtree(node.dir)
        os.rename(node.dir + ".kept", node.dir)
    consortium.start()
    done = ask(consortium, witness)
    expect(done.returncode == 20, f"a shorter log: {done.returncode}, {done.stdout}")
    number = 40
    while payments(consortium, number, 1) < ahead:
        number += 1
    done = ask(consortium, witness)
    expect(done.returncode == 21, f"another log of that size: {done.returncode}, {done.stdout}")
    payments(consortium, number + 1, 1)
    done = ask(consortium, witness)
    expect(done.returncode == 21, f"another, longer log: {done.returncode}, {done.stdout}")


def witness(build, rng):
    del rng
    with Consortium(build) as consortium:
        transcript(consortium.build, consortium.base)
        consortium.start()
        payments(consortium, 900, 1)
        consortium["creditor"].run("tiles", os.path.join(consortium.base, "tiles"))
        w = Witness(consortium.tally_path, consortium.base, [os.path.join(consortium.base, "tiles", "policy")]).start()
        try:
            growing(consortium, w)
            believed(consortium, w)
            done = ask(consortium, w, witness=vkey("witness.example/w1", SIGSUM_KEY, kind=4))
            expect(done.returncode != 0, "a cosignature by another key was taken")
            rolled_back(consortium, w)
            w.stop()
            done = ask(consortium, w)
            expect(done.returncode == 12, f"a witness that is gone: {done.returncode}, {done.stdout}")
        finally:
            w.process.kill()
