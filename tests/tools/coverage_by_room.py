#!/usr/bin/env python3
"""Line and branch coverage of each room, from gcovr's CSV on standard input."""
import csv
import sys

ROOMS = ("ledger", "contracts", "node/consensus", "node/host", "node/policy", "node/signer", "node", "cli")


def main():
    sums = {}
    for row in csv.DictReader(sys.stdin):
        room = next((r for r in sorted(ROOMS, key=len, reverse=True) if row["filename"].startswith(r + "/")), None)
        for name in (room, "all") if room else ():
            for i, key in enumerate(("line_covered", "line_total", "branch_covered", "branch_total")):
                sums.setdefault(name, [0] * 4)[i] += int(row[key] or 0)
    print(f"{'room':<15} {'lines':>7} {'covered':>8} {'branches':>9} {'covered':>8}")
    for name in [r for r in (*ROOMS, "all") if r in sums]:
        hit, lines, taken, branches = sums[name]
        print(f"{name:<15} {lines:>7} {100 * hit / max(1, lines):>7.1f}% {branches:>9} "
              f"{100 * taken / max(1, branches):>7.1f}%")


main()
