#!/usr/bin/env python3
"""The API from elsewhere: TLS pinned by genesis, rights checked, each refusal with its reason.

Usage: test_remote.py BUILD_DIR
"""
import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import small  # noqa: E402
from consortium import Consortium, Failure, expect, free_ports  # noqa: E402


def reachable(consortium):
    """Every node gets an address for clients elsewhere; the creditor gets a key that may only read."""
    consortium.tool("keygen", consortium["creditor"].dir, "--add-author", "--author", "reader", "--rights", "read")
    consortium.api = {}
    for node, port in zip(consortium.nodes, free_ports(len(consortium.nodes))):
        consortium.api[node.member] = f"tls+tcp://127.0.0.1:{port}"
        with open(os.path.join(node.dir, "tallyd.conf"), "w", encoding="utf-8") as config:
            config.write(f"api-listen: 127.0.0.1:{port}\n")


def remote(consortium, address, *words, **options):
    """A tally command that asks a node at `address`, with the creditor's key unless another is named."""
    options.setdefault("key", consortium["creditor"].key)
    options.setdefault("genesis", consortium.genesis)
    named = [f"--{name}={value}" for name, value in options.items()]
    return consortium.tool(*words, "--node", address, *named, check=False, seconds=60)


def refused(done, code, *texts):
    said = done.stderr + done.stdout
    expect(done.returncode == code, f"ended with {done.returncode}, not {code}: {said}")
    for text in texts:
        expect(text in said, f"\"{text}\" is not in: {said}")


def asks_and_writes(consortium):
    address = consortium.api["creditor"]
    done = remote(consortium, address, "status", "--json")
    expect(done.returncode == 0, f"status over TLS: {done.stderr}{done.stdout}")
    log = small.log(consortium, "remote.csv", 30, random.Random(1))
    done = remote(consortium, address, "import", log, map=small.MAP, quarantine=log + ".q")
    expect(done.returncode == 0, f"import over TLS: {done.stderr}{done.stdout}")
    consortium.agree()  # final at the node that was asked; the others are a moment behind
    done = remote(consortium, consortium.api["bureau"], "query", "--json", to="bureau")
    expect(done.returncode == 0 and '"stage"' in done.stdout, f"query at another member: {done}")
    done = remote(consortium, address, "export", os.path.join(consortium.base, "remote.export"))
    expect(done.returncode == 0, f"export over TLS: {done.stderr}{done.stdout}")
    consortium.tool("audit", os.path.join(consortium.base, "remote.export"))


def denied_publication(consortium):
    """Final is not accepted: the contract refuses a version it has already."""
    policy = os.path.join(small.EXAMPLES, "policies", "fines-conservative.yaml")
    done = remote(consortium, consortium.api["creditor"], "policy", "publish", policy)
    refused(done, 6, "a version as new is published")


def members_by_name(consortium):
    """Offers are shown with the agency's id, not its number."""
    done = remote(consortium, consortium.api["creditor"], "decisions", "--type", "PLACEMENT_OFFERED", "--limit", "5")
    expect(done.returncode == 0, f"decisions over TLS: {done.stderr}{done.stdout}")
    offers = done.stdout.count("PLACEMENT_OFFERED")
    expect(offers > 0, "no case was offered to an agency")
    expect(done.stdout.count("agency agency-") == offers, f"an agency has no name: {done.stdout}")


def leave_to_act(consortium):
    """ALLOW and DENY, each with a proof of its own, and nothing is recorded by asking."""
    address = consortium.api["creditor"]
    rows = json.loads(remote(consortium, address, "query", "--json", "--limit", "40").stdout)
    case = next(row["case"] for row in rows if row["holder"] == "creditor" and row["owed_minor"] > 0)

    def permit(*words):
        done = remote(consortium, address, "permit", case, "--json", *words)
        return done.returncode, json.loads(done.stdout)

    code, yes = permit("--act", "contact", "--set", "channel=letter")
    expect(code == 0 and yes["answer"] == "ALLOW" and yes["rules"] == "" and len(yes["proof"]) == 64, f"leave: {yes}")
    expect(permit("--act", "contact", "--set", "channel=letter")[1] == yes, "the same question, another answer")
    other = permit("--act", "contact", "--set", "channel=call")[1]
    expect(other["proof"] != yes["proof"], "two questions have one proof")
    remote(consortium, address, "submit", "HOLD_SET", "--case", case, "--date", "2012-01-01", "--set", "hold=manual")
    code, no = permit("--act", "contact", "--set", "channel=letter")
    expect(code == 6 and no["answer"] == "DENY" and no["rules"] == "HO-01", f"a hold: {code} {no}")
    expect(no["proof"] != yes["proof"] and no["height"] > yes["height"], f"the proof did not move on: {no}")
    remote(consortium, address, "submit", "HOLD_RELEASE", "--case", case, "--date", "2012-01-01", "--set", "hold=manual")


def wrong_certificate(consortium):
    """The agency's node answers where the creditor's should."""
    done = remote(consortium, consortium.api["agency-a"], "status", timeout=5)
    refused(done, 12, "certificate", '"creditor"', "genesis")


def wrong_rights(consortium):
    reader = os.path.join(consortium["creditor"].dir, "keys", "author-reader.key")
    address = consortium.api["creditor"]
    expect(remote(consortium, address, "status", key=reader).returncode == 0, "a reader may not read")
    log = small.log(consortium, "denied.csv", 3, random.Random(2))
    done = remote(consortium, address, "import", log, map=small.MAP, quarantine=log + ".q", key=reader)
    refused(done, 5, "right")
    stranger = os.path.join(consortium.base, "stranger")
    consortium.tool("keygen", stranger, "--member", "stranger", "--address", "127.0.0.1:1", "--roles", "agency")
    done = remote(consortium, address, "status", to="creditor", timeout=5,
                  key=os.path.join(stranger, "keys", "author-main.key"))
    refused(done, 5, "genesis")


def nobody_there(consortium):
    done = remote(consortium, f"tls+tcp://127.0.0.1:{free_ports(1)[0]}", "status", timeout=5)
    refused(done, 12, "nobody answers")
    done = remote(consortium, "tls+tcp://127.0.0.1:notaport", "status", timeout=5)
    refused(done, 2, "is no address")
    done = remote(consortium, "http://127.0.0.1:1", "status", timeout=5)
    refused(done, 2, "ipc:///path or tls+tcp://host:port")
    wrong = os.path.join(consortium.base, "other.tally")
    consortium.tool("genesis", "create", "--out", wrong, "--name", "other.example/ledger", "--first-date",
                    "1999-12-31", *[n.dir for n in consortium.nodes])
    done = remote(consortium, consortium.api["creditor"], "status", genesis=wrong, timeout=5)
    refused(done, 4, "another ledger")


def main():
    try:
        with Consortium(sys.argv[1], after_keys=reachable) as consortium:
            consortium.start()
            small.prepare(consortium)
            asks_and_writes(consortium)
            denied_publication(consortium)
            members_by_name(consortium)
            leave_to_act(consortium)
            wrong_certificate(consortium)
            wrong_rights(consortium)
            nobody_there(consortium)
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")


if __name__ == "__main__":
    main()
