#!/usr/bin/env python3
"""Holds the code's quotations to docs/PROTOCOL.md.

A rule is a paragraph "**R6-1** (code) text".  A quotation is a comment that begins
with "PROTOCOL R6-1:".  Fails when a quotation is not its rule word for word
(white space aside), when a rule marked (code) is quoted nowhere, or when a rule
without the mark is quoted.  Usage: check_quotes.py [source tree]
"""
import pathlib
import re
import sys

ROOMS = ("ledger", "contracts", "node", "cli")
RULE = re.compile(r"^\*\*([A-Z][0-9.]*-[0-9]+)\*\* (\(code\) )?(.*)$", re.S)
COMMENT = re.compile(r"/\*(.*?)\*/", re.S)
QUOTE = re.compile(r"^\s*PROTOCOL ([A-Z][0-9.]*-[0-9]+):(.*)$", re.S)


def squeezed(text):
    return re.sub(r"\s+", "", text)


def rules_of(path):
    rules = {}
    for paragraph in path.read_text(encoding="utf-8").split("\n\n"):
        found = RULE.match(paragraph.strip())
        if found:
            name, code, text = found.groups()
            if name in rules:
                sys.exit(f"check_quotes: rule '{name}' is numbered twice in '{path}'")
            rules[name] = (code is not None, text)
    return rules


def quotes_of(root):
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.[ch]")):
            text = path.read_text(encoding="utf-8")
            for comment in COMMENT.finditer(text):
                body = re.sub(r"\n\s*\* ?", "\n", comment.group(1))
                found = QUOTE.match(body)
                if found:
                    line = text.count("\n", 0, comment.start()) + 1
                    yield f"{path.relative_to(root)}:{line}", found.group(1), found.group(2)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    rules = rules_of(root / "docs" / "PROTOCOL.md")
    quoted = set()
    wrong = []
    for where, name, text in quotes_of(root):
        quoted.add(name)
        if name not in rules:
            wrong.append(f"{where}: no rule '{name}' in docs/PROTOCOL.md")
        elif not rules[name][0]:
            wrong.append(f"{where}: rule '{name}' is quoted but not marked (code)")
        elif squeezed(rules[name][1]) != squeezed(text):
            wrong.append(f"{where}: quote differs from rule '{name}':\n"
                         f"  rule:  {' '.join(rules[name][1].split())}\n"
                         f"  quote: {' '.join(text.split())}")
    wrong += [f"docs/PROTOCOL.md: rule '{name}' is marked (code) and quoted nowhere"
              for name, (code, _) in rules.items() if code and name not in quoted]
    for line in wrong:
        print(line, file=sys.stderr)
    if not rules or not quoted:
        sys.exit("check_quotes: nothing to compare")
    print(f"check_quotes: {len(quoted)} rules quoted, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
