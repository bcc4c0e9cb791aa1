"""Looks for planted personal data in everything a node keeps or writes, in every encoding we can think of.

Files are read as they are and, where they are packed, as what is in them: gzip through gzip, RocksDB through its own
reading of every key and value (tests/node/store_dump.c), so that no compression of blocks hides anything.  A control
file with every encoding, planted beside the data, must be found each time, and the same value put into a ledger's
store must be found in its dump: a scanner that finds nothing there would find nothing anywhere.
"""
import base64
import gzip
import os
import re
import subprocess
import tempfile
import urllib.parse

from consortium import Failure, expect

LEAST = 6  # shorter pieces are found by chance


def digits(text):
    return re.sub(r"\D", "", text)


def forms(value):
    """The value as people and programs write it."""
    found = {value, value.lower(), value.upper(), value[::-1], value.replace(" ", ""), re.sub(r"[\W_]+", "", value),
             re.sub(r"[\W_]+", "", value).lower(), value.swapcase(), value.title()}
    number = digits(value)
    if len(number) >= LEAST:
        found |= {number, number[-10:], number[::-1], "-".join(re.findall(r"\d+", value))}
    for piece in re.split(r"[\s,@]+", value):  # names, parts of addresses
        if len(piece) > LEAST:
            found |= {piece, piece.lower(), piece.upper(), piece[::-1]}
    return {f for f in found if len(f) >= LEAST}


def base64_cores(raw):
    """What base64 of any text that holds `raw` must contain: three alignments, without the uncertain ends."""
    found = set()
    for shift in range(3):
        coded = base64.b64encode(bytes(shift) + raw)
        core = coded[4 if shift else 0:(len(bytes(shift) + raw) // 3) * 4]
        if len(core) >= 8:
            found |= {core, core.replace(b"+", b"-").replace(b"/", b"_")}
    return found


def encodings(value):
    """Every byte string whose presence would give the value away, with a word for each."""
    found = {}
    for form in forms(value):
        raw = form.encode()
        percent = urllib.parse.quote(form, safe="")
        for name, coded in (("utf-8", raw), ("utf-16le", form.encode("utf-16-le")), ("utf-16be", form.encode("utf-16-be")),
                            ("utf-32le", form.encode("utf-32-le")), ("hex", raw.hex().encode()),
                            ("HEX", raw.hex().upper().encode()), ("percent", percent.encode()),
                            ("PERCENT", "".join(f"%{b:02X}" for b in raw).encode()),
                            ("escaped", form.encode("unicode_escape")),
                            ("xor", bytes(b ^ 0xFF for b in raw)), ("plus", form.replace(" ", "+").encode())):
            found.setdefault(coded, name)
        for core in base64_cores(raw):
            found.setdefault(core, "base64")
        # a length byte or a tag between the pieces of a string splits it: MessagePack, CBOR, protobuf
        if len(raw) > 12:
            for at in range(0, len(raw) - 8, 8):
                found.setdefault(raw[at:at + 9], "piece")
    return found


def needles(person):
    found = {}
    for field, value in person.items():
        for coded, name in encodings(value).items():
            if len(coded) >= LEAST:
                found.setdefault(coded, f"{field} as {name}")
    return found


def matcher(found):
    """One expression for all of them: the longest first."""
    return re.compile(b"|".join(re.escape(n) for n in sorted(found, key=len, reverse=True)))


def views(path):
    """The bytes of a file, and of what is packed in it."""
    with open(path, "rb") as f:
        raw = f.read()
    yield "bytes", raw
    if raw[:2] == b"\x1f\x8b":
        yield "gunzipped", gzip.decompress(raw)


def stores(base):
    return [d for d, _, names in os.walk(base) if "CURRENT" in names and any(n.startswith("MANIFEST") for n in names)]


def search(base, expression, skip):
    hits, files, total = [], 0, 0
    for directory, _, names in os.walk(base):
        for name in names:
            path = os.path.join(directory, name)
            if not os.path.isfile(path) or os.path.islink(path) or path in skip:
                continue
            files += 1
            for how, raw in views(path):
                total += len(raw)
                match = expression.search(raw)
                if match:
                    hits.append((path, how, match.group(0)))
    return hits, files, total


def plant(base, person):
    """A file with every encoding once, one a line, and the names of what must be found in it."""
    handle, path = tempfile.mkstemp(prefix="control-", dir=base)
    with os.fdopen(handle, "wb") as f:
        for needle in needles(person):
            f.write(b"\n" + needle + b"\n")
    return path


def control(base, person):
    """Each encoding alone must be found by the same expression."""
    expression = matcher(needles(person))
    for needle, name in needles(person).items():
        expect(expression.search(b"\x00noise" + needle + b"noise\x00"), f"the scanner does not find {name}")
    path = plant(base, person)
    hits, _, _ = search(base, expression, ())
    os.unlink(path)
    expect(any(hit[0] == path for hit in hits), "the scanner does not find the planted control file")
    return expression


def dump(build, store):
    """Every key and value of a stopped node's store."""
    done = subprocess.run([os.path.join(build, "tests", "node", "store_dump"), store], capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=120, check=False)
    expect(done.returncode == 0, f"the store {store} could not be dumped: {done.stderr.decode()}")
    expect(done.stdout, f"the store {store} is empty")
    return done.stdout


def nothing_below(base, person, build=None, skip=()):
    """Fails when anything of the person is found; says what was looked at.  With `build` (nodes are stopped) the
    stores are dumped too."""
    expression = control(base, person)
    found = needles(person)
    dumped = 0
    for store in stores(base) if build else ():
        raw = dump(build, store)
        dumped += len(raw)
        match = expression.search(raw)
        expect(not match, f"{match and found.get(match.group(0), match.group(0))} lies in the store {store}")
    hits, files, total = search(base, expression, skip)
    for path, how, needle in hits:
        raise Failure(f"{found.get(needle, needle)} lies in {path} ({how})")
    return f"{len(found)} encodings not found in {files} files ({total} bytes) and {dumped} bytes of stores"
