#!/usr/bin/env python3
"""Counts the tests of CTest runs: cmocka's own where a program has them, else the program as one.

Usage: count_tests.py LOG...       LOG is build/PRESET/Testing/Temporary/LastTest.log

Prints "PASSED FAILED".  A program that ended before it said how a test of it went counts as one
failure; what was skipped counts as neither.
"""
import re
import sys

VERDICT = re.compile(r"^Test (Passed|Failed|Timeout)|^Test (?:\w+ )*(Not Run|Skipped)|^\*\*\*", re.M)


def count(text):
    """(passed, failed) of one program's part of the log."""
    begun = len(re.findall(r"^\[ RUN      \]", text, re.M))
    kept = len(re.findall(r"^\[       OK \]", text, re.M))
    skipped = len(re.findall(r"^\[  SKIPPED \] \w+$", text, re.M))
    said = re.findall(r"^Test (\w+)\.?", text, re.M)
    whole = said[-1] if said else "Failed"
    if whole == "Skipped" or re.search(r"^Skip return code", text, re.M):
        return 0, 0
    if begun == 0:
        return (1, 0) if whole == "Passed" else (0, 1)
    bad = max(0, begun - kept - skipped)
    return kept, bad if whole == "Passed" else max(1, bad)


def main():
    passed = failed = 0
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8", errors="replace") as log:
            parts = re.split(r"^\d+/\d+ Testing: ", log.read(), flags=re.M)[1:]
        for part in parts:
            good, bad = count(part)
            passed += good
            failed += bad
    print(passed, failed)


main()
