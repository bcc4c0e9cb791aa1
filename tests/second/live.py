#!/usr/bin/env python3
"""The second opinion on what real nodes hand out: export, receipts, checkpoint.

Usage: live.py BUILD_DIR
"""
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))
import small  # noqa: E402
from consortium import Consortium, expect, wait_until  # noqa: E402


def second(build, *words):
    return subprocess.run([os.path.join(build, "cli", "tally-verify"), *words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120, check=False)


def holds(build, *words):
    done = second(build, *words)
    expect(done.returncode == 0, f"tally-verify {' '.join(words)}: {done.returncode}: {done.stderr}")
    return dict(line.split(None, 1) for line in done.stdout.splitlines() if len(line.split(None, 1)) == 2)


def tiles(consortium, out):
    """Members cosign as they learn of a block; a node that has a quorum's lines can publish."""
    return next((n for n in consortium.nodes if n.run("tiles", out, check=False).returncode == 0), None)


def flipped(path, at):
    with open(path, "rb") as f:
        bytes_ = bytearray(f.read())
    bytes_[at] ^= 1
    with open(path + ".changed", "wb") as f:
        f.write(bytes_)
    return path + ".changed"


def first_opinion(consortium, path, *options):
    """What `tally receipt verify` says, as JSON, with its exit code."""
    done = consortium.tool("receipt", "verify", path, *options, "--json", check=False)
    return done.returncode, done.stdout


def case_receipts(consortium, export):
    """Receipts about a case: now from a node, as of the past by replay, from an export without a node."""
    node, genesis = consortium.nodes[0], consortium.genesis
    case = node.ask("case", "list")[0]["case"]
    height = node.ask("status")["height"]
    made = []

    def get(name, **options):
        path = os.path.join(consortium.base, name + ".receipt")
        row = node.ask("receipt", "get", case=case, out=path, **options)
        made.append(path)
        return row

    now = get("state")
    expect(now["height"] == height and now["case"] == case, f"a state receipt of {now['height']}")
    expect(get("custody", custody=True)["says"].startswith("exactly "), "no custody receipt")
    get("absence", absence="BANKRUPTCY_FILED")
    done = node.run("receipt", "get", case=case, absence="AGREEMENT", check=False)
    expect(done.returncode == 6, f"a false absence ends with {done.returncode}")
    past = get("past", height=height - 1)
    expect(past["height"] == height - 1, "not of the height asked for")
    before = get("before", height=1)
    expect("there was no case" in before["says"], f"at height 1: {before['says']}")
    offline = os.path.join(consortium.base, "offline.receipt")
    done = consortium.tool("receipt", "get", "--case", case, "--height", str(height - 1), "--ledger", export,
                           "--genesis", genesis, "--out", offline)
    with open(made[3], "rb") as a, open(offline, "rb") as b:
        expect(a.read() == b.read(), "a receipt from an export differs from one from a node")
    for path in made:
        found = holds(consortium.build, "receipt", path, "--genesis", genesis)
        expect(found["receipt"].startswith("valid"), f"{path}: {found}")
        done = second(consortium.build, "receipt", flipped(path, os.path.getsize(path) // 3), "--genesis", genesis)
        expect(done.returncode == 4, f"{path}, changed: the second opinion gives {done.returncode}")
        code, text = first_opinion(consortium, path, "--genesis", genesis)
        expect(code == 0, f"{path}: {text}")
        code, text = first_opinion(consortium, flipped(path, os.path.getsize(path) // 2), "--genesis", genesis)
        expect(code == 4, f"{path}, changed: {code} {text}")
    return made


def tlog_proof(consortium, out, leaf):
    """A proof that carries its leaf convinces who has the policy alone."""
    policy = os.path.join(out, "policy")
    proof = os.path.join(consortium.base, "leaf.tlog-proof")

    def got():
        node = consortium.nodes[0]
        node.run("receipt", "get", str(leaf), out=proof + ".receipt", tlog_proof=proof)
        return first_opinion(consortium, proof, "--policy", policy)[0] == 0

    wait_until(got, 60, "a tlog-proof with a quorum of cosignatures")
    code, text = first_opinion(consortium, proof, "--policy", policy, "--strict")
    expect(code == 0, f"a tlog-proof under its policy: {text}")
    code, text = first_opinion(consortium, flipped(proof, 40), "--policy", policy)
    expect(code == 4, f"a changed tlog-proof: {code} {text}")


def main(build):
    with Consortium(build) as consortium:
        consortium.start()
        small.fill(consortium, 25, random.Random(11))
        base, genesis = consortium.base, consortium.genesis
        export = os.path.join(base, "ledger.export")
        own = consortium.agree()
        small.export(consortium, export)
        found = holds(build, "export", export, "--genesis", genesis)
        expect(found["blocks"] == str(own["height"]), f"{found['blocks']} blocks where the node has {own['height']}")
        for leaf in (0, 1, own["log_size"] // 2, own["log_size"] - 1):
            receipt = os.path.join(base, f"{leaf}.receipt")
            consortium.nodes[0].run("receipt", "get", str(leaf), out=receipt, tlog_proof=receipt + ".proof")
            with open(receipt + ".proof", encoding="utf-8") as f:
                expect(f.readline() == "c2sp.org/tlog-proof@v1\n" and f.readline().startswith("extra ") and
                       f.readline() == f"index {leaf}\n", "no tlog-proof")
            holds(build, "receipt", receipt, "--genesis", genesis)
            done = second(build, "receipt", flipped(receipt, os.path.getsize(receipt) // 2), "--genesis", genesis)
            expect(done.returncode == 4, f"a changed receipt gives {done.returncode}")
        out = os.path.join(base, "tiles")
        wait_until(lambda: tiles(consortium, out), 60, "a node whose checkpoint a quorum cosigned")
        found = holds(build, "checkpoint", os.path.join(out, "checkpoint"), "--policy", os.path.join(out, "policy"),
                      "--strict")
        expect(found["size"] == str(own["log_size"]), f"the checkpoint's size is {found['size']}")
        case_receipts(consortium, export)
        tlog_proof(consortium, out, 3)
        done = second(build, "checkpoint", flipped(os.path.join(out, "checkpoint"), 3), "--policy",
                      os.path.join(out, "policy"))
        expect(done.returncode == 4, f"a changed checkpoint gives {done.returncode}")
        print(f"{own['log_size']} leaves in {own['height']} blocks: both opinions agree")


main(os.path.abspath(sys.argv[1]))
