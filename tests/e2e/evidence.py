"""An export convinces, and stops to convince when any one byte of it is changed."""
import concurrent.futures
import os
import shutil
import subprocess

import small
from consortium import Consortium, expect

FLIPS = 1000


def audit(consortium, path):
    return subprocess.run([consortium.tally_path, "audit", path], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=120, check=False)


def flipped(source, target, at, bit):
    with open(source, "rb") as f:
        bytes_ = bytearray(f.read())
    bytes_[at] ^= 1 << bit
    with open(target, "wb") as f:
        f.write(bytes_)


def one_flip(consortium, source, number, at, bit):
    target = f"{source}.{number}"
    flipped(source, target, at, bit)
    done = audit(consortium, target)
    os.unlink(target)
    where = f"bit {bit} of byte {at} flipped"
    expect(done.returncode > 0, f"audit with {where} ended with {done.returncode}: {(done.stdout + done.stderr)[-400:]}")
    expect(done.stderr.strip(), f"audit with {where} failed without a word")
    return done.stderr.strip().split("\n")[0].replace(target, "FILE")


def flip(build, rng):
    with Consortium(build) as consortium:
        consortium.start()
        small.fill(consortium, 25, rng)
        export = os.path.join(consortium.base, "ledger.export")
        small.export(consortium, export)
        clean = audit(consortium, export)
        expect(clean.returncode == 0, f"audit of an untouched export ended with {clean.returncode}: {clean.stderr}")
        size = os.path.getsize(export)
        places = [(rng.randrange(size), rng.randrange(8)) for _ in range(FLIPS - 2)] + [(0, 0), (size - 1, 7)]
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            named = list(pool.map(lambda job: one_flip(consortium, export, job[0], *job[1]), enumerate(places)))
        print(f"{len(named)} flips in {size} bytes, {len(set(named))} different first findings")
        stopped_directory(consortium)


def stopped_directory(consortium):
    """The audit of a stopped node's own directory says the same as that of an export."""
    consortium.stop()
    for node in consortium.nodes:
        consortium.tool("audit", node.dir)


def make_export(build, path):
    """The ledger of a small consortium, for whoever wants to replay one."""
    import random
    with Consortium(build) as consortium:
        consortium.start()
        small.fill(consortium, 200, random.Random(7))
        kept = os.path.join(consortium.base, "ledger.export")
        small.export(consortium, kept)
        shutil.copy(kept, path)
