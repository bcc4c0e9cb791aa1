#!/usr/bin/env python3
"""Breaks the contract's guards one at a time and counts how many breaks the tests notice.

Usage: mutate.py [--jobs N] [--sample N] [--seed N] [--work DIR] [FILE...]

A mutant is one change in one place of the compliance and money code: a comparison negated, a bound moved by
one, an "and" made an "or" or the other way round.  Each is compiled alone, linked into a shared library with
everything else of contracts/, and put under the tests of contracts/, quick ones first, until one fails.

Left alone are assertions (they state what cannot be otherwise) and the bounds of `for` loops, where moving by
one reads past an array, which the sanitizers' builds catch and this one would not.  Exits 1 if fewer than 95 %
are caught.  Mutants named in mutate.known are equivalent to the original, each with its reason.
"""
import argparse
import concurrent.futures
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
CONTRACTS = os.path.join(ROOT, "contracts")
# Neither compliance nor money: file layouts, encodings, words, scores, keys, receipts, vaults.
LEFT_OUT = ("metro2/", "words.c", "keys.c", "policy_wire.c", "explain.c", "scorecard.c", "work.c", "decide.c", "index.c",
            "governance.c", "inclusion.c", "case_receipt.c", "authors.c", "vault.c")
HERE = os.path.join(ROOT, "tests", "contracts")
# What a test program links beside the contract, and the file that is.
HELPERS = {"tl_test_rig": "rig.c", "tl_test_vector": "vector.c"}
PLAIN = {"tl_contracts", "tl_test_support", "PkgConfig::JANSSON", *HELPERS}
NOT_OURS = re.compile(r"test_(metro2|scorecard|entry|governance|vault)")
ARGS = {"test_properties": ["400", "7"]}
OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
NEXT = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
OPERATOR = re.compile(r"(?<= )(==|!=|<=|>=|<|>|&&|\|\|)(?= |$)")
SKIP = re.compile(r"^\s*(#|\*|/\*|//)|TL_CHECK|TL_INVARIANT|TL_UNREACHABLE|_Static_assert")


def blank(text):
    """Comments and strings made of blanks: places stay where they are."""
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
                  lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.S)


def assertions(text):
    """Spans of assertion statements, however many lines they take."""
    return [m.span() for m in re.finditer(r"(TL_CHECK|TL_INVARIANT|_Static_assert)\s*\(.*?\);", text, re.S)]


def loop_bounds(text):
    return [m.span() for m in re.finditer(r"\bfor \([^;{]*;[^;{]*;", text)]


def inside(spans, at):
    return any(a <= at < b for a, b in spans)


def mutants_of(path):
    with open(os.path.join(CONTRACTS, path)) as f:
        source = f.read()
    text = blank(source)
    asserted, loops = assertions(text), loop_bounds(text)
    for m in OPERATOR.finditer(text):
        line = text.count("\n", 0, m.start()) + 1
        whole = source.split("\n")[line - 1]
        if SKIP.search(whole) or inside(asserted, m.start()):
            continue
        was = m[1]
        for now in ([{"&&": "||", "||": "&&"}[was]] if was in ("&&", "||") else
                    [OPPOSITE[was]] + ([NEXT[was]] if was in NEXT else [])):
            if inside(loops, m.start()) and now == NEXT.get(was):
                continue
            yield {"path": path, "line": line, "was": was, "now": now, "text": whole.strip(),
                   "source": source[:m.start()] + now + source[m.start() + len(was):]}


def name_of(mutant):
    return f"{mutant['path']}:{mutant['line']}: {mutant['was']} -> {mutant['now']}: {mutant['text']}"


def key_of(mutant):
    """Without the line's number, which moves."""
    return f"{mutant['path']}: {mutant['was']} -> {mutant['now']}: {mutant['text']}"


def known():
    """key -> reason."""
    found, reason = {}, ""
    path = os.path.join(ROOT, "tests", "tools", "mutate.known")
    if os.path.exists(path):
        with open(path) as f:
            for line in f.read().splitlines():
                if line.startswith("#"):
                    reason = line[1:].strip()
                elif line.strip():
                    found[line.strip()] = reason
    return found


class Bench:
    """Objects of contracts/, test programs linked against a library made of them."""

    def __init__(self, work):
        self.work = work
        self.flags = ["-std=c17", "-O1", "-fPIC", "-w", "-DTL_VERIFY=1", "-D_POSIX_C_SOURCE=200809L", "-I", CONTRACTS,
                      "-I", os.path.join(CONTRACTS, "include"), "-I", os.path.join(ROOT, "ledger", "include"),
                      "-I", os.path.join(ROOT, "ledger"), "-I", os.path.join(ROOT, "tests", "contracts"),
                      "-I", os.path.join(ROOT, "tests", "support")]
        self.order = []  # of the tests, quick ones first
        self.all = None
        self.local = threading.local()
        self.count = 0
        self.lock = threading.Lock()

    def run(self, *words, **more):
        done = subprocess.run(words, capture_output=True, text=True, check=False, **more)
        if done.returncode != 0:
            raise SystemExit(f"mutate: {' '.join(words[:3])} ... failed:\n{done.stderr[-2000:]}")

    def object_of(self, path):
        return os.path.join(self.work, "objects", path.replace("/", "_") + ".o")

    def sources(self):
        """As they were when this began."""
        if self.all is None:
            with open(os.path.join(CONTRACTS, "CMakeLists.txt")) as f:
                self.all = re.findall(r"[a-z0-9_/]+\.c\b", re.sub(r"#.*", "", f.read()))
        return self.all

    def build(self, jobs):
        os.makedirs(os.path.join(self.work, "objects"), exist_ok=True)
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            list(pool.map(lambda p: self.run("cc", *self.flags, "-c", os.path.join(CONTRACTS, p), "-o",
                                             self.object_of(p)), self.sources()))
        ledger = [os.path.join(ROOT, "ledger", p) for p in sorted(os.listdir(os.path.join(ROOT, "ledger")))
                  if p.endswith(".c")]
        self.run("cc", *self.flags, "-shared", "-o", os.path.join(self.work, "libledger.so"), *ledger, "-lcrypto",
                 "-lsodium")
        self.link(os.path.join(self.work, "libcontracts.so"), {})
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            list(pool.map(self.program, self.tests()))
        times = {}
        for test in self.tests():
            began = time.monotonic()
            if self.fails(test, self.work):
                raise SystemExit(f"mutate: {test} fails without any change")
            times[test] = time.monotonic() - began
        self.order = sorted(times, key=times.get)

    def link(self, out, instead):
        self.run("cc", "-shared", "-o", out, *[instead.get(p, self.object_of(p)) for p in self.sources()])

    def tests(self):
        """name -> its sources, of the tests that need nothing but the contract and helpers."""
        with open(os.path.join(HERE, "CMakeLists.txt")) as f:
            text = re.sub(r"#.*", "", f.read())
        found = {}
        for name, body in re.findall(r"tl_test\((\w+)\s+([^)]*)\)", text):
            words = re.split(r"\b(SOURCES|LINK|LABELS)\b", body)
            part = {words[i]: words[i + 1].split() for i in range(1, len(words) - 1, 2)}
            if set(part.get("LINK", [])) <= PLAIN and not NOT_OURS.match(name):
                found[name] = part["SOURCES"] + [HELPERS[x] for x in part.get("LINK", []) if x in HELPERS]
        return found

    def program(self, test):
        parts = [os.path.join(HERE, p) for p in self.tests()[test]]
        parts += [os.path.join(ROOT, "tests", "support", p) for p in ("shared.c", "panic.c", "gen.c")]
        self.run("cc", *self.flags, "-o", os.path.join(self.work, test), *parts, "-L", self.work, "-rdynamic",
                 "-lcontracts", "-lledger", "-lcmocka", "-ljansson")

    def fails(self, test, library_dir):
        env = dict(os.environ, LD_LIBRARY_PATH=f"{library_dir}:{self.work}", TALLY_SOURCE=ROOT)
        try:
            done = subprocess.run([os.path.join(self.work, test), *ARGS.get(test, [])], env=env, check=False,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
        except subprocess.TimeoutExpired:
            return True
        return done.returncode != 0

    def caught_by(self, library_dir):
        return next((test for test in self.order if self.fails(test, library_dir)), None)

    def place(self):
        """One directory for each worker."""
        if not hasattr(self.local, "dir"):
            with self.lock:
                self.count += 1
                self.local.dir = os.path.join(self.work, f"worker{self.count}")
            os.makedirs(self.local.dir, exist_ok=True)
        return self.local.dir

    def judge(self, mutant):
        where = self.place()
        path = mutant["path"]
        changed = os.path.join(where, os.path.basename(path))
        with open(changed, "w") as f:
            f.write(mutant["source"])
        mutated = os.path.join(where, "mutant.o")
        compiled = subprocess.run(["cc", *self.flags, "-I", os.path.dirname(os.path.join(CONTRACTS, path)), "-c",
                                   changed, "-o", mutated], capture_output=True, check=False)
        os.remove(changed)
        if compiled.returncode != 0:
            return mutant, "the compiler"
        self.link(os.path.join(where, "libcontracts.so"), {path: mutated})
        return mutant, self.caught_by(where)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sample", type=int, default=0, help="so many, drawn by --seed (default: all)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", help="where objects go (default: a directory that is removed)")
    parser.add_argument("files", nargs="*", help="under contracts/ (default: all that is compliance or money)")
    args = parser.parse_args()
    work = args.work or tempfile.mkdtemp(prefix="tally-mutants-")
    bench = Bench(os.path.abspath(work))
    bench.build(args.jobs)
    files = args.files or [p for p in bench.sources() if not p.startswith(LEFT_OUT)]
    equivalent = known()
    mutants = [m for path in files for m in mutants_of(path) if key_of(m) not in equivalent]
    if args.sample and args.sample < len(mutants):
        mutants = random.Random(args.seed).sample(mutants, args.sample)
        print(f"mutate: a sample of {args.sample}, seed {args.seed}")
    survived, by = [], {}
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for done, (mutant, test) in enumerate(pool.map(bench.judge, mutants), 1):
            by.setdefault(mutant["path"], [0, 0])[test is not None] += 1
            if test is None:
                survived.append(mutant)
                print(f"survived  {name_of(mutant)}", flush=True)
            elif sys.stderr.isatty():
                print(f"\r{done} of {len(mutants)}", end="", file=sys.stderr)
    for path in sorted(by):
        print(f"{path:<28} {by[path][1]:>4} caught {by[path][0]:>4} survived")
    caught = len(mutants) - len(survived)
    print(f"{caught} of {len(mutants)} caught, {100 * caught / max(1, len(mutants)):.1f} %")
    if not args.work:
        shutil.rmtree(work, ignore_errors=True)
    return 0 if 100 * caught >= 95 * len(mutants) else 1


if __name__ == "__main__":
    sys.exit(main())
