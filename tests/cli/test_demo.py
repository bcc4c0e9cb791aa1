#!/usr/bin/env python3
"""The portfolio shipped with the project walks every step a debt can go.

Usage: test_demo.py TALLY TALLYD
"""
import json
import subprocess
import sys

STAGES = {"current", "predue", "overdue", "reminding", "contact", "demand", "resolution", "internal", "placed", "legal",
          "charged_off", "reactivated", "paid", "settled", "discharged", "cancelled", "uncollectible"}


def main():
    tally, tallyd = sys.argv[1:3]
    done = subprocess.run([tally, "demo", "--json", "--tallyd", tallyd], capture_output=True, text=True, timeout=280)
    if done.returncode != 0:
        sys.exit(f"tally demo ended with {done.returncode}: {done.stdout} {done.stderr}")
    said = json.loads(done.stdout)
    walked = {line["name"] for line in said["stages"] if line["walked"] > 0}
    faults = []
    if walked != STAGES:
        faults.append(f"stages walked: {sorted(walked)}")
    for name, least in (("steps_walked", 10), ("cases", 2000), ("furnished", 1), ("charged_off", 1),
                        ("reactivated", 1), ("placements_standing", 1)):
        if said[name] < least:
            faults.append(f"{name} is {said[name]}")
    for name in ("quarantined", "skipped", "violations", "denials"):
        if said[name] != 0:
            faults.append(f"{name} is {said[name]}")
    if len({node["log_root"] for node in said["nodes"]}) != 1:
        faults.append("the nodes differ")
    sys.exit("; ".join(faults) if faults else 0)


if __name__ == "__main__":
    main()
