"""A small ledger for tests that are about something else: made-up fines under the conservative policy."""
import os

import synthetic
from consortium import Failure

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "examples")
MAP = os.path.join(EXAMPLES, "maps", "road-traffic-fines.yaml")


def log(consortium, name, cases, rng):
    path = os.path.join(consortium.base, name)
    synthetic.write_log(path, cases, rng, name.split(".", maxsplit=1)[0] + "-")
    return path


def prepare(consortium, policy="conservative"):
    """Publishes the policy and the agencies' standing acceptance."""
    consortium["creditor"].run("policy", "publish", os.path.join(EXAMPLES, "policies", f"fines-{policy}.yaml"))
    for agency in ("agency-a", "agency-b"):
        standing = ["--set", "accepts=true", "--set", "from_on=2000-01-01", "--set", "terms=test"]
        consortium[agency].run("submit", "PLACEMENT_STANDING", *standing, date="2000-01-01")


def try_import(consortium, path, key=None, **options):
    creditor = consortium["creditor"]
    if key:
        options["key"] = key
    options.setdefault("quarantine", path + ".quarantine")
    return creditor.run("import", path, map=MAP, check=False, **options)


def import_log(consortium, path, **options):
    done = try_import(consortium, path, **options)
    if done.returncode != 0:
        raise Failure(f"import of {path} ended with {done.returncode}: {done.stderr.strip()}")
    return done


def fill(consortium, cases, rng):
    prepare(consortium)
    import_log(consortium, log(consortium, "small.csv", cases, rng))


def export(consortium, path):
    consortium["creditor"].run("export", path)
