#!/usr/bin/env python3
"""Measures four nodes on this machine, everything on, against raw synced RocksDB batches.

Usage: run.py --build DIR [--seconds N] [--json]

For one client, 64 clients and envelopes of 1,000: entries final per second, p50 and p99 of a submit,
and the rate as a ratio to RocksDB alone writing synced batches of the same bytes, in the same run.
Absolute figures hold for this machine only; the ratios travel.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))

import small  # noqa: E402  (the path is set just above)
from consortium import Consortium, Skip  # noqa: E402

CLIENTS_MAX = 64
POLICY = "fines"  # the name the example policies for fines bear
# name, clients, entries per envelope, entries per raw batch to compare with
CASES = (("one client, one entry", 1, 1, 1), ("64 clients, one entry each", 64, 1, 64),
         ("envelopes of 1,000", 4, 1000, 1000))


def tool(build, name, *words):
    done = subprocess.run([os.path.join(build, "tests", "bench", name), *map(str, words)], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"bench: {name} ended with {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def raw_rate(build, entry_bytes, batch, seconds):
    where = tempfile.mkdtemp(prefix="tally-raw-", dir=os.environ.get("TALLY_TMP"))
    try:
        return tool(build, "bench_raw_store", where, max(8, entry_bytes), batch, seconds)["rate"]
    finally:
        shutil.rmtree(where, ignore_errors=True)


def memory_mib(pid):
    """Resident memory now and at its highest, in MiB."""
    with open(f"/proc/{pid}/status") as f:
        found = dict(line.split(":", 1) for line in f)
    return [int(found[name].split()[0]) // 1024 for name in ("VmRSS", "VmHWM")]


def with_keys(consortium):
    """One writing key for each client: an author's envelopes are serial."""
    creditor = consortium["creditor"]
    for i in range(CLIENTS_MAX):
        consortium.tool("keygen", creditor.dir, "--add-author", "--author", f"load{i}", "--rights", "submit,read")


def measure(build, seconds):
    rows = []
    with Consortium(build, after_keys=with_keys) as consortium:
        consortium.start()
        creditor = consortium["creditor"]
        small.prepare(consortium)
        prefix = os.path.join(creditor.dir, "keys", "author-load")
        for name, clients, per_envelope, batch in CASES:
            load = tool(build, "bench_load", "ipc://" + creditor.socket, consortium.genesis, prefix, clients,
                        per_envelope, seconds, POLICY)
            raw = raw_rate(build, load["entry_bytes"], batch, max(1, seconds // 3))
            rows.append({"name": name, **load, "raw_batch": batch, "raw_rate": raw, "ratio": load["rate"] / raw})
        agreed = consortium.agree()
        memory = {n.member: memory_mib(n.process.pid) for n in consortium.nodes}
    return rows, agreed, memory


def main():
    parser = argparse.ArgumentParser(description="four nodes against raw RocksDB")
    parser.add_argument("--build", required=True)
    parser.add_argument("--seconds", type=int, default=10, help="for each row")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    try:
        rows, agreed, memory = measure(args.build, args.seconds)
    except Skip as reason:
        print(f"bench: {reason}", file=sys.stderr)
        return 77
    if args.json:
        json.dump({"rows": rows, "height": agreed["height"], "memory_mib": memory}, sys.stdout, indent=1)
        print()
        return 0
    print(f"{'':28}{'entries/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'bytes':>7}{'raw/s':>10}{'ratio':>8}")
    for row in rows:
        print(f"{row['name']:28}{row['rate']:>10.0f}{row['p50_us'] / 1e3:>9.2f}{row['p99_us'] / 1e3:>9.2f}"
              f"{row['entry_bytes']:>7}{row['raw_rate']:>10.0f}{row['ratio']:>8.3f}")
    print("raw: RocksDB alone, synced batches of 1, 64 and 1,000 of the same bytes, measured in this run")
    print("memory now/highest, MiB: " + ", ".join(f"{m} {now}/{top}" for m, (now, top) in memory.items()))
    print(f"all four nodes agree at height {agreed['height']}")
    return 0


sys.exit(main())
