"""One case, told to a person: its account and the reasons of its decisions, against the CSV and the node."""
import json
import os
import re

import bureau
import figures
import small
from consortium import Consortium, expect

LAST = "2025-03-31"
BUCKETS = ("principal", "interest", "fee", "cost", "tax")
# Lives that move money in every way the portfolio knows.
KINDS = ("dispute_in_part", "dispute_upheld", "bounced", "goodwill", "judgment", "cancelled", "payment")


def tool(consortium, *words):
    return json.loads(consortium.tool(*words, "--json").stdout)


def check_statement(consortium, name, export, case, rows, exponent=100):
    """Every posting adds up to what a node says is owed, and the money is that of the CSV."""
    said = tool(consortium, "case", "statement", name, "--map", bureau.MAP, "--ledger", export)
    balance = dict.fromkeys((*BUCKETS, "unapplied"), 0)
    for line in said["postings"]:
        for bucket in balance:
            balance[bucket] += line[bucket + "_minor"]
        expect(line["balance_minor"] == sum(balance[b] for b in BUCKETS), f"{name}: the running balance of {line}")
    for bucket, cents in balance.items():
        expect(cents == case[bucket + "_minor"], f"{name}: {bucket} is {cents} by postings, {case[bucket + '_minor']} by the node")
    expect(said["owed_minor"] == case["owed_minor"], f"{name}: owed")
    paid = sum(cents for c, _, cents, _, _ in figures.money(rows) if c == case["case"])
    moved = sum(-sum(line[b + "_minor"] for b in BUCKETS) + line["unapplied_minor"]
                for line in said["postings"] if line["type"] == "ALLOCATION")
    expect(moved == paid, f"{name}: {moved} came in by postings, {paid} by the CSV")
    opened = next(line for line in said["postings"] if line["type"] == "AGREEMENT")
    wanted = next(r for r in rows if bureau.case_id(r["case_id"]) == case["case"] and r["event"] == "open")
    expect((opened["principal_minor"], opened["date"], opened["by"]) == (int(wanted["amount_cents"]), wanted["date"], "creditor"),
           f"{name}: opened by {opened}")
    # The later part alone begins with what came before it.
    middle = said["postings"][len(said["postings"]) // 2]
    part = tool(consortium, "case", "statement", name, "--map", bureau.MAP, "--ledger", export, "--since", middle["date"])
    expect(part["postings"][0]["type"] == "BALANCE BROUGHT FORWARD", f"{name}: nothing is brought forward")
    expect(part["postings"][-1]["balance_minor"] == said["owed_minor"], f"{name}: a part ends elsewhere")
    return said


def check_reason(consortium, name, export, step, leaves):
    """A decision of a rule of the policy: what it found is so, and each condition has its opposite."""
    said = tool(consortium, "case", "why", name, str(step["leaf"]), "--map", bureau.MAP, "--ledger", export)
    expect(said["decision"]["rule"] == step["rule"] and said["decision"]["citation"] == step["citation"], f"{name}: {said}")
    expect([f["leaf"] for f in said["facts"]] == step["inputs"], f"{name}: other facts than the decision's own")
    expect(set(step["inputs"]) <= set(leaves) | {f["leaf"] for f in said["facts"] if "case" not in f}, f"{name}: a fact of another case")
    expect(said["policy"]["name"] in ("us-consumer", "us-commercial"), f"{name}: {said['policy']}")
    conditions = len(said["found"]) - 2
    expect(conditions >= 0 and sum(o.startswith("if ") and "another stage" not in o for o in said["otherwise"]) == conditions,
           f"{name}: {conditions} conditions and {said['otherwise']}")
    body = step["body"].get("balance_minor")
    seen = next((re.match(r"balance \((-?[0-9.]+)\)", f) for f in said["found"] if f.startswith("balance (")), None)
    if body is not None and seen:
        expect(round(float(seen[1]) * 100) == body, f"{name}: the rule saw a balance of {seen[1]}, decided on {body}")
        return 1
    return 0


def accounts(build, rng):
    rows = [r for r in bureau.portfolio() if r["date"] <= LAST]
    with Consortium(build) as consortium:
        consortium.start()
        bureau.prepare(consortium)
        bureau.import_until(consortium, LAST)
        node = consortium["creditor"]
        cases = {c["case"]: c for c in node.ask("query")}
        export = os.path.join(consortium.base, "ledger.export")
        small.export(consortium, export)
        chosen = [rng.choice([r["case_id"] for r in rows if r["event"] == kind]) for kind in KINDS for _ in range(2)]
        lines = seen = reasons = 0
        for name in sorted(set(chosen)):
            case = bureau.case_id(name)
            lines += len(check_statement(consortium, name, export, node.ask("case", "show", name, map=bureau.MAP), rows)["postings"])
            expect(case in cases, f"{name} is not on the ledger")
            history = node.ask("case", "history", name, map=bureau.MAP)
            steps = [s for s in history if s.get("rule", "").startswith(("consumer.", "commercial."))]
            for step in rng.sample(steps, min(2, len(steps))):
                reasons += 1
                seen += check_reason(consortium, name, export, step, [s["leaf"] for s in history])
        document = consortium.tool("case", "statement", name, "--map", bureau.MAP, "--ledger", export).stdout
        for word in ("ACCOUNT STATEMENT", "checkpoint", "POSTINGS", "creditor now"):
            expect(word in document, f"'{word}' is not in the statement")
        height = tool(consortium, "case", "statement", name, "--map", bureau.MAP, "--ledger", export)["height"]
        online = node.run("case", "statement", name, map=bureau.MAP, height=height).stdout
        other = [(a, b) for a, b in zip(online.split("\n"), document.split("\n")) if a != b]
        expect(online == document, f"a node and its export give different statements: {other}")
    print(f"{len(set(chosen))} statements, {lines} postings; {reasons} reasons, {seen} with the balance decided on")
