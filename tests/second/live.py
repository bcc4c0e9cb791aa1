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


def main(build):
    with Consortium(build) as consortium:
        consortium.start()
        small.fill(consortium, 25, random.Random(11))
        base, genesis = consortium.base, consortium.genesis
        export = os.path.join(base, "ledger.export")
        small.export(consortium, export)
        found = holds(build, "export", export, "--genesis", genesis)
        own = consortium.nodes[0].ask("status")
        expect(found["blocks"] == str(own["height"]), f"{found['blocks']} blocks where the node has {own['height']}")
        for leaf in (0, 1, own["log_size"] // 2, own["log_size"] - 1):
            receipt = os.path.join(base, f"{leaf}.receipt")
            consortium.nodes[0].run("receipt", "get", str(leaf), out=receipt, tlog_proof=receipt + ".proof")
            with open(receipt + ".proof", encoding="utf-8") as f:
                expect(f.readline() == "c2sp.org/tlog-proof@v1\n" and f.readline() == f"index {leaf}\n", "no tlog-proof")
            holds(build, "receipt", receipt, "--genesis", genesis)
            done = second(build, "receipt", flipped(receipt, os.path.getsize(receipt) // 2), "--genesis", genesis)
            expect(done.returncode == 4, f"a changed receipt gives {done.returncode}")
        out = os.path.join(base, "tiles")
        wait_until(lambda: tiles(consortium, out), 60, "a node whose checkpoint a quorum cosigned")
        found = holds(build, "checkpoint", os.path.join(out, "checkpoint"), "--policy", os.path.join(out, "policy"),
                      "--strict")
        expect(found["size"] == str(own["log_size"]), f"the checkpoint's size is {found['size']}")
        done = second(build, "checkpoint", flipped(os.path.join(out, "checkpoint"), 3), "--policy",
                      os.path.join(out, "policy"))
        expect(done.returncode == 4, f"a changed checkpoint gives {done.returncode}")
        print(f"{own['log_size']} leaves in {own['height']} blocks: both opinions agree")


main(os.path.abspath(sys.argv[1]))
