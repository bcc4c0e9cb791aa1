#!/usr/bin/env python3
"""Writes docs/RULES.md from the table of rules, the shipped policies and the tests.

Usage: make_rules.py ROOT            writes it
       make_rules.py --check ROOT    exits 1 unless it says just that, every rule has a test that breaks it
                                     and one at its lawful edge, and every trap has a test that exists
"""
import pathlib
import re
import sys

# Traps whose tests are not in law_cases.txt (which names its own): file and function.
TRAPS = {
    1: ("re-ageing of the first delinquency", ["test_traps.c:the_delinquency_never_moves",
                                              "test_metro2_rules.c:delinquency_never_moves_later"]),
    2: ("payment history a month off", ["test_metro2_rules.c:history_moves_by_one_month"]),
    3: ("rounding where dollars are cut", ["test_metro2_case.c:dollars_are_cut"]),
    4: ("DA, recall, two furnishers", ["test_traps.c:one_furnishes_at_a_time",
                                       "test_metro2_case.c:cancelled_is_deleted_where_it_was_known"]),
    5: ("62, 63 or 64", ["test_metro2_case.c:paid_as_what_it_was"]),
    6: ("payment rating where none belongs", ["test_metro2_rules.c:rating_belongs_to_some_statuses"]),
    7: ("commenced, or first delinquency", ["test_law_calendar.c:obsolescence_rows"]),
    8: ("counting days of calls", ["test_law_calls.c"]),
    9: ("consent ends with a talk", []),
    10: ("business days of the validation period", ["test_law_calendar.c:validation_rows"]),
    11: ("what came back, and when", ["test_law_calendar.c:furnish_resets"]),
    12: ("several debts, one disputed", ["test_money_payment.c:disputes_get_nothing"]),
    13: ("a bounce after the remittance", ["test_statements.c:a_bounce_after_the_remittance_is_next_months"]),
    14: ("a deadline on a weekend", ["test_money_terms.c:deadline_rows", "test_money_terms.c:settlement_rows"]),
    15: ("interest after statements stopped", ["test_accrual.c:waived_interest_never_runs_again"]),
    16: ("service forgives, from its first day", ["test_traps.c:service_forgives_and_does_not_defer",
                                                 "test_accrual.c:service_caps_interest_from_its_first_day"]),
    17: ("joint debtors", ["test_traps.c:joint_debtors_one_by_one"]),
    18: ("creditor and collector in one case", []),
    19: ("facts of days that are over", ["test_accrual.c:a_late_payment_counts_from_its_day"]),
    20: ("leap days and month ends", ["test_money_terms.c:due_dates", "test_law_calendar.c:years_and_limits"]),
    21: ("offsets, and the window's edges", ["test_law_calendar.c:hours_rows"]),
    22: ("gaps in the state table deny", []),
    23: ("one transfer, reported twice", ["test_traps.c:one_transfer_reported_twice"]),
    24: ("debts of nothing", ["test_traps.c:a_debt_of_nothing"]),
    25: ("running totals that disagree", ["test_fines.c:conservative_matches_the_town"]),
    26: ("negative bills", ["test_scorecard.c:all_clients"]),
    27: ("money as 2.00E+05", ["../cli/test_values.c:money_that_is_none"]),
    28: ("one bad record in a good file", ["test_metro2_files.c:samples_are_judged"]),
    29: ("reversed with its payment", ["test_traps.c:reversed_at_once"]),
    30: ("rules with a date", []),
    31: ("a licence withdrawn mid-placement", []),
    32: ("erasure during a hold", ["test_vault.c:erasure_waits_for_hold_and_retention"]),
}
COLUMNS = ("code", "id", "cite", "says", "modes", "acts", "who", "classes", "area", "n0", "n1", "n2", "n3", "facts",
           "judge")
WORDS = {"A(": "", ")": "", "HOLD_": "hold", " | ": ", ", "EVERY_ACT": "any", "EVERY_DEBT": "any", "ANYBODY": "anybody",
         "SUE": "suit", "SELL": "sale", "PLACE": "placement"}


def rules(root):
    text = (root / "contracts/include/tl/law_rules.def").read_text()
    for body in re.findall(r"^X\((.*?)\)\n(?=X\(|\n|/\*)", text, re.M | re.S):
        parts = [p.strip() for p in re.findall(r'(?:"(?:[^"])*"|[^,"])+', body)]
        yield dict(zip(COLUMNS, [p.strip('"') for p in parts]))


def plain(words):
    for word, by in WORDS.items():
        words = words.replace(word, by)
    return words.lower() if words != "0" else "none of its own"


def scenarios(root):
    """Each scenario of law_cases.txt: rule, title, whether it breaks and whether it has an edge."""
    rule = title = None
    kinds = set()
    for line in (root / "tests/contracts/law_cases.txt").read_text().splitlines() + ["rule end: "]:
        start = re.match(r"rule ([^:]+): *(.*)", line)
        if start:
            if rule:
                yield rule, title, kinds
            rule, title, kinds = start[1], start[2], set()
        word = line.split()[0] if line.strip() else ""
        if word in ("breaks", "faulty", "missed", "stops") or (word == "force" and line.endswith("yes")):
            kinds.add("breaks")
        if word in ("lawful", "clean", "kept", "stops") or (word == "force" and line.endswith("no")):
            kinds.add("edge")


def shipped(root):
    """Which policies have a reviewed row of a rule."""
    rows = {}
    for path in sorted((root / "docs/examples/policies").glob("*.yaml")):
        for entry in re.findall(r"- \{rules?:.*?\}", path.read_text(), re.S):
            for rule in re.findall(r"[A-Z]{2}-\d{2}", entry.split("area:")[0]):
                mark = path.stem if "reviewed:" in entry else path.stem + " (unreviewed)"
                rows.setdefault(rule, [])
                if mark not in rows[rule]:
                    rows[rule].append(mark)
    return rows


def missing_tests(root, names):
    for name in names:
        file, _, function = name.partition(":")
        path = root / "tests/contracts" / file
        if not path.exists() or (function and function not in path.read_text()):
            yield name


def page(root):
    """The text of the page, and what is wrong."""
    faults = []
    cases = list(scenarios(root))
    rows = shipped(root)
    out = ["# Rules of law", "",
           "Made by `tests/tools/make_rules.py` from `contracts/include/tl/law_rules.def`, the shipped policies and",
           "`tests/contracts/law_cases.txt`; `make check` compares. What a rule says is in the program, its figures and",
           "where they hold are in policies ([POLICY](POLICY.md)); a rule binds only there and those it names.", "",
           "deny: no leave, and a violation when done all the same · flag: a violation only · term: due by a day ·",
           "hold: set by a fact · sets: says how others are counted · review: its row says who looked ·",
           "state: needs a row of the very jurisdiction · choice: binds where a policy has a row ·",
           "own: the engine's, without a row", ""]
    for rule in rules(root):
        numbers = [rule[n] for n in ("n0", "n1", "n2", "n3") if rule[n] != "NULL"]
        mine = [(title, kinds) for id_, title, kinds in cases if id_ == rule["id"]]
        kinds = set().union(*(k for _, k in mine)) if mine else set()
        if kinds != {"breaks", "edge"}:
            faults.append(f'{rule["id"]}: has no test that {"breaks it" if "breaks" not in kinds else "is lawful"}')
        keys = ", ".join(f'law.{rule["id"]}.{n}' for n in numbers) or f'law.{rule["id"]}'
        out += [f'## {rule["id"]}: {rule["says"]}', "",
                f'- {rule["cite"]}',
                f'- {plain(rule["modes"])}; acts: {plain(rule["acts"])}; binds {plain(rule["who"])}, '
                f'{plain(rule["classes"])} debts, {rule["area"] or "anywhere"}',
                f'- reads: {rule["facts"]}',
                f'- policy: {"none needed" if "OWN" in rule["modes"] else keys}; rows in '
                f'{", ".join(rows.get(rule["id"], ["no shipped policy"]))}',
                f'- tests: {"; ".join(title for title, _ in mine)}', ""]
    out += ["## Traps", "", "| | trap | tests |", "|---|---|---|"]
    for number, (trap, names) in TRAPS.items():
        faults += [f"trap {number}: there is no {name}" for name in missing_tests(root, names)]
        named = [f"{id_}: {title}" for id_, title, _ in cases
                 if re.search(rf"\(traps?[^)]*\b{number}\b[^)]*\)", title)]
        if not names and not named:
            faults.append(f"trap {number}: has no test")
        out.append(f"| {number} | {trap} | {'; '.join(named + names)} |")
    return "\n".join(out) + "\n", faults


def main():
    check = sys.argv[1] == "--check"
    root = pathlib.Path(sys.argv[-1])
    text, faults = page(root)
    path = root / "docs/RULES.md"
    if not check:
        path.write_text(text)
    elif not path.exists() or path.read_text() != text:
        faults.append("docs/RULES.md says something else: make it again with tests/tools/make_rules.py .")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
