#!/usr/bin/env python3
"""Measures four nodes on this machine, everything on, against what this machine allows.

Usage: run.py --build DIR [--seconds N] [--json]

For one client, 64 clients and envelopes of 1,000: entries final per second, p50 and p99 of a submit,
the rate as a ratio to RocksDB alone writing synced batches of the same bytes, and what an entry costs:
processor time by part of the program, syncs, signatures.  Then an import, start to end.  The bounds of
the machine (a sync, a signature, a hash) are measured in the same run.

Absolute figures hold for this machine and this run only; the ratios travel.
"""
import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))

import fines  # noqa: E402  (the path is set just above)
import small  # noqa: E402
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


TICKS = os.sysconf("SC_CLK_TCK")
PARTS = ("loop", "pool, disk", "network, TLS", "store")


def part_of(pid, tid, name):
    if name.startswith("nng:"):
        return "network, TLS"
    if name.startswith("rocksdb"):
        return "store"
    return "loop" if tid == str(pid) else "pool, disk"


def processor_seconds(consortium):
    """Of all four nodes together, by part of the program."""
    spent = dict.fromkeys(PARTS, 0.0)
    for node in consortium.nodes:
        pid = node.process.pid
        for tid in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{tid}/stat") as f:
                name, rest = f.read().split("(", 1)[1].rsplit(")", 1)
            fields = rest.split()
            spent[part_of(pid, tid, name)] += (int(fields[11]) + int(fields[12])) / TICKS
    return spent


def counters(consortium):
    """Syncs and blocks as the nodes count them: the sum of all, and one node's."""
    found = [n.status()["counters"] for n in consortium.nodes]
    return {"syncs": sum(c["syncs"] for c in found), "blocks": found[0]["blocks_final"],
            "timeouts": sum(c["views_timed_out"] for c in found)}


def watched(consortium, work):
    """What `work` gives, and what it cost: by entry, as work()["entries"] says."""
    before, began = processor_seconds(consortium), counters(consortium)
    own = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = work()
    after, ended = processor_seconds(consortium), counters(consortium)
    own_after = resource.getrusage(resource.RUSAGE_CHILDREN)
    entries = max(1, said["entries"])
    blocks = ended["blocks"] - began["blocks"]
    cost = {part: (after[part] - before[part]) * 1e6 / entries for part in PARTS}
    cost["client"] = (own_after.ru_utime + own_after.ru_stime - own.ru_utime - own.ru_stime) * 1e6 / entries
    return {**said, "cpu_us": cost, "syncs_per_block": (ended["syncs"] - began["syncs"]) / 4 / max(1, blocks),
            "entries_per_block": entries / max(1, blocks), "timeouts": ended["timeouts"] - began["timeouts"]}


def measure(build, seconds):
    rows = []
    with Consortium(build, after_keys=with_keys) as consortium:
        consortium.start()
        creditor = consortium["creditor"]
        small.prepare(consortium)
        prefix = os.path.join(creditor.dir, "keys", "author-load")
        for name, clients, per_envelope, batch in CASES:
            load = watched(consortium, lambda c=clients, p=per_envelope: tool(
                build, "bench_load", "ipc://" + creditor.socket, consortium.genesis, prefix, c, p, seconds, POLICY))
            raw = raw_rate(build, load["entry_bytes"], batch, max(1, seconds // 3))
            rows.append({"name": name, **load, "raw_batch": batch, "raw_rate": raw, "ratio": load["rate"] / raw})
        agreed = consortium.agree()
        memory = {n.member: memory_mib(n.process.pid) for n in consortium.nodes}
    return rows, agreed, memory


def measure_import(build):
    """A real log when it is at hand, else a made-up one of the same kind."""
    with Consortium(build) as consortium:
        try:
            path, name = fines.sample(), "import of the fines sample"
        except Skip:
            path, name = small.log(consortium, "bench.csv", 4000, random.Random(1)), "import of made-up fines"
        consortium.start()
        small.prepare(consortium)

        def work():
            said = json.loads(small.import_log(consortium, path, json=True).stdout)
            return {"entries": said["sent"], "seconds": said["time_ms"] / 1e3}

        row = watched(consortium, work)
        consortium.agree(120)
        memory = {n.member: memory_mib(n.process.pid) for n in consortium.nodes}
    return {"name": name, **row, "rate": row["entries"] / max(1e-3, row["seconds"]), "memory_mib": memory}


def bounds(build):
    where = tempfile.mkdtemp(prefix="tally-bounds-", dir=os.environ.get("TALLY_TMP"))
    try:
        return tool(build, "bench_bounds", where, 300)
    finally:
        shutil.rmtree(where, ignore_errors=True)


def print_rows(rows, imported):
    print(f"{'':28}{'entries/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'bytes':>7}{'raw/s':>10}{'ratio':>8}")
    for row in rows:
        print(f"{row['name']:28}{row['rate']:>10.0f}{row['p50_us'] / 1e3:>9.2f}{row['p99_us'] / 1e3:>9.2f}"
              f"{row['entry_bytes']:>7}{row['raw_rate']:>10.0f}{row['ratio']:>8.4f}")
    print(f"{imported['name']:28}{imported['rate']:>10.0f}   {imported['entries']} entries in "
          f"{imported['seconds']:.1f} s")
    print("raw: RocksDB alone, synced batches of 1, 64 and 1,000 of the same bytes, measured in this run")


def print_costs(rows):
    print("\nwhere the time goes: processor microseconds per entry, all four nodes together")
    print(f"{'':28}{'loop':>9}{'pool,disk':>11}{'net,TLS':>9}{'store':>9}{'client':>9}{'entries/block':>15}"
          f"{'syncs/block':>13}")
    for row in rows:
        cost = row["cpu_us"]
        print(f"{row['name']:28}{cost['loop']:>9.1f}{cost['pool, disk']:>11.1f}{cost['network, TLS']:>9.1f}"
              f"{cost['store']:>9.1f}{cost['client']:>9.1f}{row['entries_per_block']:>15.1f}"
              f"{row['syncs_per_block']:>13.2f}")
    print("syncs: waits for the disk of one node, each for two journals and the store's log at the same time")


def print_bounds(found, rows):
    print("\nthis machine: "
          f"a synced overwrite of 4 KiB {found['sync_us']} us; Ed25519 {found['verify_per_s']:.0f} verified and "
          f"{found['sign_per_s']:.0f} signed per second and core; SHA-256 {found['sha256_256_mb_s']:.0f} MB/s over "
          f"256 bytes, {found['sha256_64k_mb_s']:.0f} MB/s over 64 KiB; {os.cpu_count()} cores")
    one = rows[0]
    waits = 3 * found["sync_us"] / 1e3
    print(f"one entry alone waits for three syncs in a row (the leader's block and vote, the others' NOTARIZE, their "
          f"FINALIZE): at least {waits:.2f} ms of its p50 of {one['p50_us'] / 1e3:.2f} ms")
    # A request and its envelope at one node, the envelope at three others.
    ceiling = found["verify_per_s"] * (os.cpu_count() or 1) / 5
    print(f"five verifications per single entry bound this machine at {ceiling:.0f} entries/s; 64 clients reach "
          f"{rows[1]['rate'] / ceiling:.2f} of that")


def main():
    parser = argparse.ArgumentParser(description="four nodes against what the machine allows")
    parser.add_argument("--build", required=True)
    parser.add_argument("--seconds", type=int, default=10, help="for each row")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    try:
        found = bounds(args.build)
        rows, agreed, memory = measure(args.build, args.seconds)
        imported = measure_import(args.build)
    except Skip as reason:
        print(f"bench: {reason}", file=sys.stderr)
        return 77
    if args.json:
        json.dump({"bounds": found, "rows": rows, "import": imported, "height": agreed["height"],
                   "memory_mib": memory}, sys.stdout, indent=1)
        print()
        return 0
    print_rows(rows, imported)
    print_costs([*rows, imported])
    print_bounds(found, rows)
    print("\nmemory now/highest, MiB: " + ", ".join(f"{m} {now}/{top}" for m, (now, top) in memory.items())
          + "; after the import: " + ", ".join(f"{m} {now}/{top}" for m, (now, top) in imported["memory_mib"].items()))
    print(f"all four nodes agree at height {agreed['height']}")
    return 0


sys.exit(main())
