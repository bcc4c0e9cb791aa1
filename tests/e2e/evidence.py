"""An export convinces, and stops to convince when any one byte of it is changed."""
import concurrent.futures
import hashlib
import json
import os
import shutil
import struct
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


def frames(bytes_):
    """(kind, payload) of each frame of an export."""
    at = 8
    while at < len(bytes_):
        kind, length = struct.unpack(">BI", bytes_[at:at + 5])
        yield kind, bytes_[at + 5:at + 5 + length]
        at += 5 + length + 32


def framed(pieces):
    """An export of such frames, every check right: what a forger would hand out."""
    out, check = b"TALLYEX1", bytes(32)
    for kind, payload in pieces:
        head = struct.pack(">BI", kind, len(payload))
        check = hashlib.sha256(b"tallystick/export/v1\0" + check + head + payload).digest()
        out += head + payload + check
    return out


def with_forged_decision(bytes_, number):
    """The same ledger, but in decision `number` the last byte is another; also the leaf's index."""
    pieces, leaf = list(frames(bytes_)), None
    for i, (kind, payload) in enumerate(pieces):
        at = 0
        while kind == 3 and at < len(payload) and leaf is None:
            index, length = struct.unpack(">QI", payload[at:at + 12])
            last = at + 12 + length - 1
            if number == 0:
                leaf = index
                pieces[i] = (kind, payload[:last] + bytes([payload[last] ^ 1]) + payload[last + 1:])
            number -= 1
            at = last + 1
    return framed(pieces), leaf


def replay(build, rng):
    """Every decision follows again from the rules; one that does not is named, leaf and both versions."""
    with Consortium(build) as consortium:
        consortium.start()
        small.fill(consortium, 25, rng)
        consortium.agree()
        consortium.stop()
        middle = os.path.join(consortium.base, "middle")
        shutil.copytree(consortium["bureau"].dir, middle, ignore=shutil.ignore_patterns("*.sock"))
        consortium.start()
        small.import_log(consortium, small.log(consortium, "more.csv", 10, rng))
        export = os.path.join(consortium.base, "ledger.export")
        small.export(consortium, export)
        whole = json.loads(consortium.tool("audit", "replay", export, "--json").stdout)
        later = json.loads(consortium.tool("audit", "replay", export, "--from", middle, "--json").stdout)
        expect(later["from_height"] > 0 and later["blocks"] == whole["height"] - later["from_height"],
               f"replays from genesis and from a snapshot: {whole} {later}")
        expect(later["state_root"] == whole["state_root"], "a replay from a snapshot ends elsewhere")
        with open(export, "rb") as f:
            clean = f.read()
        expect(framed(frames(clean)) == clean, "the frames are not understood")
        for number in rng.sample(range(whole["decisions"]), 8) + [whole["decisions"] - 1]:
            one_forgery(consortium, export, clean, number)
        consortium.stop()
        consortium.tool("audit", "replay", consortium["creditor"].dir, "--from", middle)


def one_forgery(consortium, export, clean, number):
    forged, leaf = with_forged_decision(clean, number)
    with open(export + ".forged", "wb") as f:
        f.write(forged)
    done = consortium.tool("audit", "replay", export + ".forged", "--json", check=False)
    expect(done.returncode == 22, f"decision {number} forged: exit {done.returncode}, {done.stdout}{done.stderr}")
    found = json.loads(done.stdout)
    expect(found["leaf"] == leaf, f"leaf {leaf} is forged, and {found['leaf']} is named")
    expect({side["which"] for side in found["leaves"]} == {"recorded", "derived"}, f"not both versions: {found}")


def published_files(directory):
    return sorted(os.path.relpath(os.path.join(where, name), directory)
                  for where, _, names in os.walk(directory) for name in names)


def damage(consortium, directory, rng, each):
    """Changed bytes in every file of a published directory: the audit finds all, and so does the second reader."""
    second = os.path.join(consortium.build, "cli", "tally-verify-tiles")
    for name in published_files(directory):
        path = os.path.join(directory, name)
        with open(path, "rb") as f:
            clean = f.read()
        for at in {0, len(clean) - 1} | {rng.randrange(len(clean)) for _ in range(each)}:
            flipped(path, path, at, rng.randrange(8))
            done = audit(consortium, directory)
            again = subprocess.run([second, directory], capture_output=True, text=True, timeout=60, check=False)
            with open(path, "wb") as f:
                f.write(clean)
            where = f"{name} with byte {at} changed"
            expect(done.returncode > 0 and done.stderr.strip(), f"audit of {where} ended with {done.returncode}")
            expect(again.returncode > 0 and again.stderr.strip(), f"the second reader of {where}: {again.returncode}")


def stranger(archive):
    """What README.txt says, done with nothing but what every computer has."""
    if not shutil.which("cc") or not shutil.which("sha256sum"):
        print("skipped: no cc or sha256sum to do as the README says")
        return
    for command in (["sha256sum", "-c", "--quiet", "SHA256SUMS"],
                    ["cc", "-O1", "-o", "../tally-verify", "tally-verify.c", "-lsodium"],
                    ["cc", "-O1", "-o", "../tally-verify-tiles", "tally-verify-tiles.c", "-lsodium"],
                    ["../tally-verify", "export", "ledger.export", "--genesis", "genesis.tally"],
                    ["../tally-verify", "checkpoint", "checkpoint", "--policy", "policy", "--strict"],
                    ["../tally-verify-tiles", "."]):
        done = subprocess.run(command, cwd=archive, capture_output=True, text=True, timeout=120, check=False)
        expect(done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}: {done.stdout}{done.stderr}")


def archive(build, rng):
    """An archive and tiles hold without any node, by two readers, and stop to hold when a byte is changed."""
    with Consortium(build) as consortium:
        consortium.start()
        small.fill(consortium, 60, rng)
        whole, tiles = (os.path.join(consortium.base, name) for name in ("archive", "tiles"))
        node = consortium["creditor"]
        node.run("export", archive=whole)
        node.run("export", tiles=tiles)
        done = node.run("export", check=False, archive=whole)
        expect(done.returncode == 6, f"an archive over another ended with {done.returncode}")
        size = consortium.agree()["log_size"]
        consortium.stop()
        found = json.loads(consortium.tool("audit", whole, "--json", "--genesis", consortium.genesis).stdout)
        expect(found["leaves"] == size and found["files"] == len(published_files(whole)) - 1, f"an archive: {found}")
        expect(json.loads(consortium.tool("audit", tiles, "--json").stdout)["leaves"] == size, "tiles of another size")
        stranger(whole)
        damage(consortium, whole, rng, 6)
        damage(consortium, tiles, rng, 6)
        os.unlink(os.path.join(tiles, "tile", "0", "000" if size >= 256 else f"000.p/{size}"))
        expect(audit(consortium, tiles).returncode == 4, "tiles with one missing passed")


def make_export(build, path):
    """The ledger of a small consortium, for whoever wants to replay one."""
    import random
    with Consortium(build) as consortium:
        consortium.start()
        small.fill(consortium, 200, random.Random(7))
        kept = os.path.join(consortium.base, "ledger.export")
        small.export(consortium, kept)
        shutil.copy(kept, path)
