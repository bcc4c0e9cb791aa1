"""Personal data: who can read it, where it lies, and that it can be gone.

access   expired, revoked, wrong and unknown keys are refused at every call, with a reason.
vault    delivery follows custody, also through restarts; every read is logged; access by key, role and case.
privacy  planted data is found nowhere but by those entitled, in no encoding, and after erasure by nobody.
"""
import csv
import glob
import json
import os
import shutil
import tempfile
import time

import scan
from consortium import Consortium, expect, wait_until

CASE = "c0ffee00000000000000000000000001"
OTHER = "c0ffee00000000000000000000000002"
RETENTION_DAYS = 30

POLICY = f"""
policy: private
title: a short term of retention, for tests
version: 1
law:
  - {{rules: [JU-01], area: IT, from: 1993-01-01, reviewed: "Policy of the test"}}
rules:
  - id: private.erase
    citation: Policy of the test, thirty days after the last act
    stages: [paid, settled, cancelled]
    when: asked
    if: ["today >= activity_on + {RETENTION_DAYS}"]
    do: permit_erasure
"""

PERSON = {
    "name": "Ottoline Brackenbury-Zwetschge",
    "ssn": "078-05-1120",
    "phone": "+1 (202) 555-0147",
    "email": "ottoline.brackenbury@example.org",
    "address": "17 Quenelle Crescent, Wexcombe",
}
CLERK = "read,submit,vault"


def with_clerks(consortium):
    """Agencies and the bureau also have keys that see only their own cases."""
    for node in consortium.nodes:
        consortium.tool("keygen", node.dir, "--add-author", "--author", "clerk", "--rights", CLERK)


def clerk(node):
    return os.path.join(node.dir, "keys", "author-clerk.key")


def prepare(consortium):
    path = os.path.join(consortium.base, "private.yaml")
    with open(path, "w") as f:
        f.write(POLICY)
    consortium["creditor"].run("policy", "publish", path)


def agreement(consortium, case, date="2000-01-02"):
    fields = ["--set", "debt_class=public", "--set", "product=fine", "--set", "jurisdiction=IT", "--set", "currency=978",
              "--set", "policy=private", "--set", f"opened_on={date}", "--set", f"due_on={date}",
              "--set", "principal_minor=25000"]
    consortium["creditor"].run("submit", "AGREEMENT", *fields, case=case, date=date, ref="a-" + case[-4:])


def submit(node, kind, case, date, *fields, **options):
    sets = [word for field in fields for word in ("--set", field)]
    return node.run("submit", kind, *sets, case=case, date=date, **options)


def place(consortium, case, agency, date="2000-01-02"):
    submit(consortium["creditor"], "PLACEMENT_OFFER", case, date, f"agency={agency}")
    submit(consortium[agency], "PLACEMENT_ACCEPT", case, date)


def put(node, case, person, *more, **options):
    fields = [word for name, value in person.items() for word in ("--field", f"{name}={value}")]
    return node.run("vault", "put", case, *fields, *more, **options)


def get(node, case, **options):
    return node.run("vault", "get", case, check=False, json=True, purpose="test", **options)


def person_at(node, case, **options):
    """What the node gives of a person, or None."""
    done = get(node, case, **options)
    if done.returncode != 0:
        return None
    return {row["name"]: row["value"] for row in json.loads(done.stdout)}


def gets(node, case, person):
    wait_until(lambda: person_at(node, case) == person, 30, f"the data of {case[-2:]} at {node.member}")


def refused(done, word, what):
    said = done.stdout + done.stderr
    expect(done.returncode == 5, f"{what} ended with {done.returncode}, not 5: {said}")
    expect(word in said, f"{what} was refused without \"{word}\": {said}")


def reads(node, case):
    return node.ask("vault", "log", case)


# ---- vault ----

def custody(consortium):
    creditor, a, b = consortium["creditor"], consortium["agency-a"], consortium["agency-b"]
    put(creditor, CASE, PERSON)
    expect(person_at(creditor, CASE) == PERSON, "the owner does not read what it put")
    refused(get(a, CASE), "no custody", "a read by an agency before custody")
    place(consortium, CASE, "agency-a")
    gets(a, CASE, PERSON)
    refused(get(b, CASE), "no custody", "a read by the other agency")
    refused(get(creditor, CASE, key=a.key, to="creditor"), "own keys", "a read at the owner's node with an agency's key")
    return creditor, a, b


def changes(consortium, creditor, a):
    """The agency finds a new number while the owner is away; it gets there."""
    creditor.stop()
    found = {**PERSON, "phone": "+1 202 555 0199"}
    put(a, CASE, {"phone": found["phone"]}, "--add")
    expect(person_at(a, CASE) == found, "the agency does not read what it put")
    creditor.start()
    wait_until(creditor.status, 30, "the owner to be back")
    gets(creditor, CASE, found)
    return found


def recall(consortium, creditor, a, found):
    submit(creditor, "PLACEMENT_RECALL", CASE, "2000-01-02")
    wait_until(lambda: get(a, CASE).returncode == 5, 20, "the agency to lose the data")
    wait_until(lambda: not blobs(a), 20, "the agency's blob to be destroyed")
    expect(person_at(creditor, CASE) == found, "the owner lost its data by a recall")
    place(consortium, CASE, "agency-b")
    gets(consortium["agency-b"], CASE, found)
    a.stop()
    a.start()
    wait_until(a.status, 30, "the agency to be back")
    refused(get(a, CASE), "no custody", "a read after recall and restart")


def blobs(node):
    """Blobs of the case, by name."""
    return [name for _, _, names in os.walk(os.path.join(node.dir, "vault", "blobs")) for name in names
            if name.startswith(CASE)]


def cases_are_restricted(consortium, a, b):
    """A key without audit sees the cases of its member, and only while it is a party."""
    a_clerk, b_clerk = clerk(a), clerk(b)
    leaf = str(a.ask("case", "history", CASE)[0]["leaf"])
    expect(b.run("case", "show", CASE, key=b_clerk).returncode == 0, "the holder cannot see its case")
    for words in (("case", "show", CASE), ("case", "history", CASE), ("receipt", "get", "--case", CASE),
                  ("receipt", "get", leaf)):
        refused(a.run(*words, check=False, key=a_clerk), "no party", f"tally {' '.join(words[:2])} after recall")
    expect(a.ask("case", "list", key=a_clerk) == [], "a list shows an agency cases it has no part in")
    expect(len(b.ask("case", "list", key=b_clerk)) == 1, "a list does not show an agency its case")
    refused(a.run("export", os.path.join(consortium.base, "no.export"), check=False, key=a_clerk), "right",
            "an export with a clerk's key")


def attempts_are_logged(a):
    log = reads(a, CASE)
    refusals = [r for r in log if r["refused"]]
    for method in ("VAULT_GET", "CASE", "HISTORY", "CASE_RECEIPT", "RECEIPT"):
        expect(any(r["method"] == method for r in refusals), f"no refused {method} is in the read log: {log}")
    good = [r for r in log if r["method"] == "VAULT_GET" and not r["refused"]]
    expect(good and all(r["purpose"] in ("test", "update") for r in good), f"reads are not logged: {log}")
    expect(all(r["member"] == "agency-a" for r in log), "the log names the wrong member")


def vault(build, rng):
    del rng
    with Consortium(build, after_keys=with_clerks) as consortium:
        consortium.start()
        prepare(consortium)
        agreement(consortium, CASE)
        creditor, a, b = custody(consortium)
        found = changes(consortium, creditor, a)
        recall(consortium, creditor, a, found)
        cases_are_restricted(consortium, a, b)
        attempts_are_logged(a)
        consortium.agree()
        consortium.stop()


# ---- privacy ----

def backup(consortium):
    """What an operator backs up: everything but the vault's keys, as OPERATING says."""
    for node in consortium.nodes:
        target = os.path.join(consortium.base, "backup", node.member, "vault")
        shutil.copytree(os.path.join(node.dir, "vault"), target, dirs_exist_ok=True)


def receipts(consortium):
    """A receipt of every leaf of the case so far."""
    creditor = consortium["creditor"]
    paths = []
    for leaf in creditor.ask("case", "history", CASE):
        path = os.path.join(consortium.base, f"{leaf['leaf']}.receipt")
        creditor.run("receipt", "get", str(leaf["leaf"]), out=path)
        paths.append(path)
    return paths


MAP = """
format: 1
case: {column: number, salt: pepper-of-the-test}
date: {column: day, format: "%Y-%m-%d"}
ref: "{number}/{seq}"
event: {column: event}
vault:
  name: "{first_name} {last_name}"
  ssn: {column: ssn}
  phone: {column: phone}
  email: {column: email}
  address: {column: address}
events:
  open:
    - entry: AGREEMENT
      body: {debt_class: public, product: fine, jurisdiction: IT, currency: 978, policy: private,
             opened_on: {column: day}, due_on: {column: day}, principal_minor: {column: cents}, subject: {column: ssn}}
  call:
    - entry: RECORD
      body: {act: call, note: {column: said}}
"""
SAID = "spoke to Ottoline Brackenbury-Zwetschge about her move"


def imported(consortium):
    """A file with personal data in every second column: rows are split, and a second import adds nothing."""
    creditor = consortium["creditor"]
    sources = consortium.sources
    mapping, rows = os.path.join(sources, "people.yaml"), os.path.join(sources, "people.csv")
    first, last = PERSON["name"].split(" ", 1)
    with open(mapping, "w") as f:
        f.write(MAP)
    with open(rows, "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(["number", "seq", "event", "day", "cents", "first_name", "last_name", "ssn", "phone", "email",
                      "address", "said"])
        person = [first, last, PERSON["ssn"], PERSON["phone"], PERSON["email"], PERSON["address"]]
        out.writerow(["N-1", 1, "open", "2000-01-02", 10000, *person, ""])
        out.writerow(["N-1", 2, "call", "2000-01-02", "", *person, SAID])
        out.writerow(["N-2", 1, "open", "2000-01-02", 20000, *person, ""])
    done = creditor.ask("import", rows, map=mapping, quarantine=os.path.join(sources, "q.csv"))
    expect(done["people"] == 2 and done["rejected"] == 0, f"the import says {done}")
    kept = {row["name"]: row["value"] for row in creditor.ask("vault", "get", "N-1", map=mapping, purpose="test")}
    expect(kept == {**PERSON, "RECORD.note": SAID}, f"the vault holds {sorted(kept)} after the import")
    again = creditor.ask("import", rows, map=mapping, quarantine=os.path.join(sources, "q.csv"))
    expect(again["sent"] == 0 and "people" not in again, f"a second import says {again}")
    with open(mapping, "a") as f:
        f.write("  oops:\n    - entry: PAYMENT\n      body: {payment: {column: phone}}\n")
    bad = consortium.tool("import", "--check-map", "--map", mapping, check=False)
    expect(bad.returncode == 4 and "phone" in bad.stderr, f"a mapping that publishes phones passes: {bad.stderr}")


def live(consortium):
    imported(consortium)
    creditor = consortium["creditor"]
    put(creditor, CASE, PERSON)
    place(consortium, CASE, "agency-a")
    submit(creditor, "FURNISHED", CASE, "2000-01-02", "cycle=200001", "account_status=11", "balance_minor=25000",
           "flagged_disputed=false")
    for member in ("agency-a", "bureau"):
        gets(consortium[member], CASE, PERSON)
    get(consortium["agency-b"], CASE)
    consortium["agency-a"].run("case", "show", CASE)


def erase(consortium):
    creditor = consortium["creditor"]
    early = creditor.run("erasure", "request", CASE, check=False, ground="not_needed")
    expect(early.returncode == 6, f"an erasure of an open case ended with {early.returncode}: {early.stderr}")
    submit(creditor, "PAYMENT", CASE, "2000-01-02", "amount_minor=25000", "method=transfer", ref="pay-1")
    submit(creditor, "HOLD_SET", CASE, "2000-01-02", "hold=litigation")
    creditor.run("day", "close", until="2000-03-15")
    held = creditor.run("erasure", "request", CASE, check=False, ground="not_needed")
    expect(held.returncode == 6 and "legal hold" in held.stderr, f"a legal hold did not keep the data: {held.stderr}")
    submit(creditor, "HOLD_RELEASE", CASE, "2000-01-02", "hold=litigation")
    creditor.run("day", "close", until="2000-05-15")
    creditor.run("erasure", "request", CASE, ground="not_needed")


def attest(consortium):
    creditor = consortium["creditor"]
    for member in ("creditor", "agency-a"):
        consortium[member].run("erasure", "attest", "--all")
    missing = creditor.ask("erasure", "list")
    expect([m["missing"] for m in missing] == [["bureau"]], f"erasure list says {missing}")
    none = creditor.run("erasure", "receipt", CASE, check=False)
    expect(none.returncode == 3, f"a receipt before all attested ended with {none.returncode}")
    consortium["bureau"].run("erasure", "attest", CASE)
    expect(creditor.ask("erasure", "list") == [], "an erasure that is complete is still listed")
    path = os.path.join(consortium.base, "erased.receipt")
    creditor.run("erasure", "receipt", CASE, out=path)
    return path


def nobody_reads(consortium):
    for node in consortium.nodes:
        done = get(node, CASE)
        expect(done.returncode in (3, 5), f"{node.member} still reads an erased person: {done.returncode}")
        expect(not blobs(node), f"{node.member} still has blobs: {blobs(node)}")


def verify(consortium, paths):
    for path in paths:
        consortium.tool("receipt", "verify", path, "--genesis", consortium.genesis)


def old_backup_is_noise(consortium):
    """A vault put back from its backup gives nothing away: the keys are gone."""
    for node in consortium.nodes:
        node.stop()
        shutil.copytree(os.path.join(consortium.base, "backup", node.member, "vault", "blobs"),
                        os.path.join(node.dir, "vault", "blobs"), dirs_exist_ok=True)
    consortium.start()
    for node in consortium.nodes:
        expect(person_at(node, CASE) is None, f"{node.member} reads an erased person from a backup")


def privacy(build, rng):
    del rng
    with tempfile.TemporaryDirectory(prefix="tally-sources-") as sources, \
            Consortium(build, after_keys=with_clerks) as consortium:
        consortium.sources = sources  # the operator's own files are not the node's
        for node in consortium.nodes:  # a log that says all it can
            with open(os.path.join(node.dir, "tallyd.conf"), "w") as conf:
                conf.write("log-level: trace\n")
        consortium.start()
        prepare(consortium)
        agreement(consortium, CASE)
        live(consortium)
        backup(consortium)
        older = receipts(consortium)
        export = os.path.join(consortium.base, "ledger.export")
        page = os.path.join(consortium.base, "case.html")
        consortium["creditor"].run("export", export)
        consortium["creditor"].run("export", archive=os.path.join(consortium.base, "archive"))
        consortium["creditor"].run("tiles", os.path.join(consortium.base, "tiles"))
        consortium["creditor"].run("case", "dossier", CASE, out=page)
        status = os.path.join(consortium.base, "metrics.json")
        with open(status, "w") as f:
            json.dump([n.status() for n in consortium.nodes], f)
        scan.nothing_below(consortium.base, PERSON)
        erase(consortium)
        wait_until(lambda: not any(blobs(n) for n in consortium.nodes), 30, "all blobs to be destroyed")
        erased = attest(consortium)
        nobody_reads(consortium)
        old_backup_is_noise(consortium)
        consortium["creditor"].run("export", export + "2")
        verify(consortium, [*older, erased])
        consortium.tool("case", "dossier", "--verify", page, "--genesis", consortium.genesis)
        for path in (export, export + "2", os.path.join(consortium.base, "archive")):
            consortium.tool("audit", path)
        consortium.stop()
        time.sleep(0.2)
        looked = scan.nothing_below(consortium.base, PERSON, build)
        print(f"{len(older)} older receipts verify; {looked}")


# ---- access ----

def with_keys(consortium):
    """One key for each right, and one whose time is over."""
    creditor = consortium["creditor"]
    for right in RIGHTS:
        consortium.tool("keygen", creditor.dir, "--add-author", "--author", "only-" + right, "--rights", right)
    consortium.tool("keygen", creditor.dir, "--add-author", "--author", "old", "--rights", "all", "--expires",
                    "2001-01-01")
    consortium.tool("keygen", creditor.dir, "--add-author", "--author", "gone", "--rights", "all")


RIGHTS = ("read", "submit", "calendar", "policy", "operate", "govern", "vault", "audit", "keys")
READS = ("read", "audit")
WRITES = ("submit", "calendar", "policy", "govern", "keys")


def calls(consortium):
    """Commands by the call they make first, and whose rights are enough for that call."""
    base = consortium.base
    return (
        ("STATUS", ("status",), {}, (*READS, "operate")),
        ("MEMBERS", ("members",), {}, RIGHTS),
        ("CASE", ("case", "show", CASE), {}, READS),
        ("HISTORY", ("case", "history", CASE), {}, READS),
        ("SCAN", ("case", "list"), {}, READS),
        ("RECEIPT", ("receipt", "get", "3"), {"out": os.path.join(base, "x.receipt")}, READS),
        ("CASE_RECEIPT", ("receipt", "get"), {"case": CASE, "out": os.path.join(base, "y.receipt")}, READS),
        ("CHECKPOINT", ("checkpoint",), {}, READS),
        ("BLOCK", ("export", os.path.join(base, "x.export")), {}, ("audit",)),
        ("TOTALS", ("totals",), {}, READS),
        ("POLICIES", ("policy", "show"), {}, READS),
        ("VAULT_GET", ("vault", "get", CASE), {"purpose": "test"}, ("vault",)),
        ("VAULT_LOG", ("vault", "log"), {}, ("audit",)),
        ("VAULT_DESTROYED", ("erasure", "attest", CASE), {}, ("vault",)),
        ("ERASURES", ("erasure", "list"), {}, READS),
    )


def denied(done, words, what):
    said = done.stdout + done.stderr
    expect(done.returncode == 5, f"{what} ended with {done.returncode}, not 5: {said}")
    expect(any(word in said for word in words), f"{what} was refused without {words}: {said}")


def keys_that_are_gone(consortium, creditor):
    keys = os.path.join(creditor.dir, "keys")
    gone, old = (os.path.join(keys, f"author-{name}.key") for name in ("gone", "old"))
    granted = os.path.join(keys, "author-visitor.key")
    creditor.run("status", key=gone)
    creditor.run("key", "grant", "visitor", dir=creditor.dir, rights="read,vault,audit")
    expect(creditor.run("case", "show", CASE, key=granted).returncode == 0, "a granted key cannot ask")
    for key in (gone, granted):
        creditor.run("key", "revoke", key + ".pub")
    stranger = os.path.join(consortium.base, "stranger")
    consortium.tool("keygen", stranger, "--member", "creditor", "--address", "127.0.0.1:1", "--roles", "creditor")
    with open(os.path.join(stranger, "member.txt")) as f:
        expect(",audit" not in f.read(), "a creditor's key may see every case without anybody having said so")
    return ((gone, "revoked"), (granted, "revoked"), (old, "expired"),
            (os.path.join(stranger, "keys", "author-main.key"), "not in"))


def access(build, rng):
    del rng
    with Consortium(build, after_keys=with_keys) as consortium:
        consortium.start()
        creditor = consortium["creditor"]
        prepare(consortium)
        agreement(consortium, CASE)
        put(creditor, CASE, PERSON)
        bad = keys_that_are_gone(consortium, creditor)
        tried = 0
        for name, words, options, enough in calls(consortium):
            for key, word in bad:
                denied(creditor.run(*words, check=False, key=key, **options), (word,), f"{name} by a key {word}")
            for right in RIGHTS:
                key = os.path.join(creditor.dir, "keys", f"author-only-{right}.key")
                for left in glob.glob(os.path.join(consortium.base, "x.export*")):
                    os.unlink(left)
                done = creditor.run(*words, check=False, key=key, **options)
                tried += 1
                if right in enough:
                    expect(done.returncode != 5 or name == "VAULT_DESTROYED",
                           f"{name} by a key with {right} was refused: {done.stderr}")
                else:
                    denied(done, ("right",), f"{name} by a key with {right} alone")
        for key, word in bad:
            done = submit(creditor, "PAYMENT", CASE, "2000-01-02", "amount_minor=1", check=False, key=key)
            denied(done, (word, "not in"), f"SUBMIT by a key {word}")
        print(f"{tried} calls with one right each, {len(bad) * (len(calls(consortium)) + 1)} by keys that are none")
        consortium.stop()
