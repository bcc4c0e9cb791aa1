#!/usr/bin/env python3
"""House rules that a compiler cannot hold.  docs/STYLE.md says why each exists.

Usage: check_house.py [ROOT]

Prints every breach as FILE:LINE: text, then the shape of the code (function
lengths, checks per function).  Exits 1 when a rule is broken.
"""
import os
import re
import subprocess
import sys

ROOT = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "../.."))

FILE_LINES_MAX = 800
# Must stand alone, whatever that costs: docs/ARCHITECTURE.md.
FILE_LINES = {"cli/verify/tally-verify.c": 1500}
FUNCTION_LINES_MAX = 70
MEDIAN_MAX, P90_MAX = 12, 40
TEXT_MAX = 72

# Deepest folder first: node/host is a room of its own inside node.
ROOMS = ("node/consensus", "node/host", "node/policy", "node/signer", "ledger", "contracts", "node", "cli", "tests")
PURE = ("ledger", "contracts", "node/consensus")
MAY_INCLUDE = {
    "ledger": {"ledger"},
    "contracts": {"ledger", "contracts"},
    "node/consensus": {"ledger", "node/consensus"},
    "node/host": {"ledger", "contracts", "node/host"},
    "node/policy": {"ledger", "contracts", "node/host", "node/policy"},
    "node/signer": {"ledger", "node/consensus", "node/host", "node/signer"},
    "node": {"ledger", "contracts", "node/consensus", "node/host", "node/policy", "node/signer", "node"},
    "cli": {"ledger", "contracts", "node/host", "node/policy", "cli"},
}

# A foreign library is entered through one door, so replacing it is one file's
# work.  Where the doors are more than one, each is named with its reason.
DOORS = {
    "rocksdb/": {"node/host/store_rocksdb.c"},
    "sodium": {"ledger/sign.c", "node/host/vault_box.c", "cli/verify/tally-verify.c",
               "cli/verify/tally-verify-tiles.c"},
    "openssl/": {"ledger/hash.c", "node/host/tlscert.c"},
    "msgpack": {"ledger/codec_write.c"},
    # Peers, API server, API client, and the TLS pin they share.
    "nng/": {"node/stream.c", "node/hangup.h", "node/hangup.c", "node/api_socket.c", "cli/client.c", "cli/http_nng.c",
             "node/host/tls_pin.c"},
    "jansson": {"cli/json.c"},
    "csv.h": {"cli/csv_rows.c"},
    "yaml.h": {"node/host/yaml.c"},
    "zlib.h": {"cli/gz.c"},
}
PURE_SYSTEM = {"stdint.h", "stddef.h", "stdbool.h", "string.h"}

DISCOURAGED = re.compile(r"\b(sprintf|vsprintf|strcpy|strcat|strncat|gets|scanf|sscanf|fscanf|atoi|atol|atoll|atof"
                         r"|strtok|alloca|rand|srand|system|popen|tmpnam|mktemp|gmtime|localtime|asctime|ctime)\s*\(")
FLOAT = re.compile(r"\b(float|double)\b")
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|(?i:not (yet )?implemented|placeholder|\bstubs?\b)")
TYPEDEF = re.compile(r"^\s*typedef\s+(struct|union|enum)\b")
CHECK = re.compile(r"\bTL_(CHECK|INVARIANT|UNREACHABLE)\b|_Static_assert|static_assert")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
STATUS = re.compile(r'TL_STATUS\((\w+),\s*\w+,\s*\d+,\s*"([^"]*)"\)')
LOCAL_PATH = re.compile(r"(?<![\w.])/(work|root|home)/\w")

TOP = {"node", "ledger", "contracts", "cli", "tests", "docs", "CMakeLists.txt", "CMakePresets.json", "Makefile",
       "README.md", "LICENSE"}

breaches = []


def breach(path, line, text):
    breaches.append(f"{path}:{line}: {text}")


def tracked(*suffixes):
    out = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"],
                         capture_output=True, text=True, check=True).stdout
    return [p for p in out.split("\n") if p.endswith(suffixes) and os.path.exists(os.path.join(ROOT, p))]


def lines_of(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as f:
        return f.read().removesuffix("\n").split("\n")


def room_of(path):
    return next((room for room in ROOMS if path.startswith(room + "/")), None)


def without_comments(lines):
    """The same lines with comments and string contents blanked, so that words in prose break no rule."""
    text = "\n".join(lines)
    token = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group()) if match.group()[0] == "/" else '""'

    return token.sub(blank, text).split("\n")


def functions(lines):
    """(name, first line, length of the body) of each function of clang-formatted code."""
    start = None
    for i, line in enumerate(lines):
        if line == "{":
            start = i
        elif line.startswith("}") and start is not None:
            head = " ".join(lines[max(0, start - 6):start])
            names = re.findall(r"(\w+)\s*\(", head)
            if line == "}" and names:
                yield names[-1], start + 1, i - start - 1
            start = None


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def check_includes(path, lines, owners):
    room = room_of(path)
    for n, line in enumerate(lines, 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        kind, name = found.groups()
        if ".." in name.split("/"):
            breach(path, n, f"include '{name}' climbs out of its folder: use a public header")
        if room not in MAY_INCLUDE:
            continue
        if kind == '"' and name.startswith("tl/"):
            owner = owners.get(name)
            if owner is None:
                breach(path, n, f"no room has a public header '{name}'")
            elif owner not in MAY_INCLUDE[room]:
                breach(path, n, f"room {room} may not look into {owner} ('{name}')")
        door = next((d for d in DOORS if name.startswith(d) and kind == "<"), None)
        if door:
            if path not in DOORS[door]:
                breach(path, n, f"<{name}> has its door elsewhere: {', '.join(sorted(DOORS[door]))}")
        elif kind == "<" and room in PURE and name not in PURE_SYSTEM:
            breach(path, n, f"pure room {room} may not include <{name}>")


def check_words(path, lines, code):
    room = room_of(path)
    test = room == "tests"
    for n, (line, bare) in enumerate(zip(lines, code), 1):
        found = DISCOURAGED.search(bare)
        if found and not test and "discouraged:" not in line:
            breach(path, n, f"{found.group(1)} is discouraged; if it must be, say why: /* discouraged: reason */")
        if TYPEDEF.match(bare) and path.startswith(tuple(ROOMS)) and not test:
            breach(path, n, "typedef hides what is a struct or enum")
        if room in PURE and FLOAT.search(bare):
            breach(path, n, "no floating point in a pure room")
        if LEFTOVER.search(line) and not test:
            breach(path, n, "leftover: " + line.strip()[:60])
        if LOCAL_PATH.search(line):
            breach(path, n, "path of one machine: " + line.strip()[:60])


def check_header(path, lines):
    name = path.split("include/", 1)[1]
    if not re.match(r"/\* " + re.escape(name) + r" -- \S", lines[0]):
        breach(path, 1, f"a public header begins with its essay: '/* {name} -- what it is ...'")


def check_status(path, lines):
    for n, line in enumerate(lines, 1):
        found = STATUS.search(line)
        if not found:
            continue
        text = found.group(2)
        if text[:1].isupper() or text.endswith(".") or len(text) > TEXT_MAX:
            breach(path, n, f"status text '{text}': lower case, no full stop, at most {TEXT_MAX} characters")


def check_shape(path, lines, sizes):
    most = FILE_LINES.get(path, FILE_LINES_MAX)
    if len(lines) > most and room_of(path) != "tests":
        breach(path, len(lines), f"{len(lines)} lines: a file has at most {most}")
    for name, at, length in functions(lines):
        sizes.append((length, path, at, name))
        reason = any("long:" in line for line in lines[max(0, at - 8):at])
        if length > FUNCTION_LINES_MAX and not reason:
            breach(path, at, f"{name} has {length} lines: at most {FUNCTION_LINES_MAX}, or a comment 'long: reason'")


def report_shape(sizes, pure_checks):
    product = [s for s in sizes if room_of(s[1]) in MAY_INCLUDE]
    if not product:
        return
    lengths = [s[0] for s in product]
    median, p90 = percentile(lengths, .5), percentile(lengths, .9)
    print(f"shape: {len(lengths)} functions, median {median}, p90 {p90}, longest {max(lengths)} lines")
    for room in MAY_INCLUDE:
        own = [s[0] for s in product if room_of(s[1]) == room]
        if own:
            print(f"  {room:<15} {len(own):4} functions, median {percentile(own, .5):2}, "
                  f"p90 {percentile(own, .9):2}, longest {max(own)}")
    pure = sum(1 for s in product if room_of(s[1]) in PURE)
    if pure:
        print(f"  pure rooms: {pure_checks / pure:.2f} checks per function")
    if median > MEDIAN_MAX or p90 > P90_MAX:
        breach("shape", 0, f"median {median} (at most {MEDIAN_MAX}), p90 {p90} (at most {P90_MAX})")


def check_top():
    """The front of the house stays as it is: what is new has a room."""
    for name in sorted({p.split("/")[0] for p in tracked("") if p} - TOP):
        if not name.startswith("."):
            breach(name, 0, "nothing more at the top level: see TOP")


def main():
    check_top()
    sources = [p for p in tracked(".c", ".h", ".def") if room_of(p)]
    owners = {}
    for path in sources:
        if "/include/tl/" in path:
            owners["tl/" + path.split("/include/tl/")[1]] = room_of(path)
    sizes, pure_checks = [], 0
    for path in sources:
        lines = lines_of(path)
        code = without_comments(lines)
        check_includes(path, lines, owners)
        check_words(path, lines, code)
        if "/include/tl/" in path:
            check_header(path, lines)
        if path.endswith("status.def"):
            check_status(path, lines)
        if path.endswith(".c"):
            check_shape(path, lines, sizes)
            if room_of(path) in PURE:
                pure_checks += sum(1 for line in code if CHECK.search(line))
    report_shape(sizes, pure_checks)
    for line in breaches:
        print(line)
    print(f"check_house: {len(sources)} files, {len(breaches)} breaches")
    return 1 if breaches else 0


sys.exit(main())
