"""`tally demo` runs to its end on the portfolio shipped with the project."""
import json
import os
import subprocess
import tempfile

from consortium import COMMAND_SECONDS, expect


def demo(build, _rng):
    with tempfile.TemporaryDirectory(prefix="tally-") as where:
        done = subprocess.run([os.path.abspath(os.path.join(build, "cli", "tally")), "demo", "--json"], cwd=where,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=COMMAND_SECONDS,
                              check=False)
        expect(done.returncode == 0, f"tally demo ended with {done.returncode}: {done.stderr.strip()[-600:]}")
        said = json.loads(done.stdout)
        expect(said["cases"] >= 2000, f"the portfolio has {said['cases']} cases, not 2,000")
        print(json.dumps(said)[:400])
