#!/usr/bin/env python3
"""Every record the code defines is in tests/ledger/wire.def, so that the wire
lock, the record fuzzer and docs/FORMAT.md know it."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
listed = set(re.findall(r"^WIRE\((\w+)\)", (root / "tests/ledger/wire.def").read_text(), re.M))
defined = {}
for room in ("ledger", "contracts", "node", "cli"):
    for path in sorted((root / room).rglob("*.c")):
        for name in re.findall(r"^TL_DEFINE_RECORD\((\w+),", path.read_text(), re.M):
            defined[name] = path.relative_to(root)

missing = sorted(set(defined) - listed)
for name in missing:
    print(f'{defined[name]}: "{name}" is not in tests/ledger/wire.def; '
          "add it and bless the wire lock (test_wire says how)")
sys.exit(1 if missing else 0)
