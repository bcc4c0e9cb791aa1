"""docs/AUDITOR.md, step by step: its commands are run on a stick of a real ledger, and what they print is what the
document says, hashes, numbers and names aside.

TALLY_BLESS=1 writes what was printed into the document.
"""
import difflib
import os
import random
import re
import shutil
import subprocess

import small
from consortium import Consortium, Skip, expect, wait_until

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
DOCUMENT = os.path.join(ROOT, "docs", "AUDITOR.md")
MARK = "-- the next command --"


def stick_of(consortium):
    """What a member would put on a stick; gives the case that its dossier is about."""
    stick = os.path.join(consortium.base, "stick")
    os.mkdir(stick)
    node = consortium.nodes[0]
    case = max(node.ask("case", "list"), key=lambda r: (r["paid_minor"] > 0 and r["owed_minor"] > 0,
                                                        r["leaves"] < 18 and r["leaves"]))["case"]
    node.run("case", "dossier", case, out=os.path.join(stick, "dossier.html"))
    node.run("receipt", "get", "7", out=os.path.join(stick, "7.receipt"))
    node.run("export", os.path.join(stick, "ledger.export"))
    tiles = os.path.join(stick, "tiles")
    wait_until(lambda: any(n.run("tiles", tiles, check=False).returncode == 0 for n in consortium.nodes), 60,
               "a checkpoint with a quorum's signatures")
    shutil.copy(consortium.genesis, os.path.join(stick, "genesis.tally"))
    shutil.copy(os.path.join(ROOT, "cli", "verify", "tally-verify.c"), stick)
    return stick, case


def blocks_of(text):
    """Each console block of the document: commands and what they are said to print."""
    return [m.group(1) for m in re.finditer(r"^```console\n(.*?)^```$", text, re.M | re.S)]


def commands_of(block):
    return [line[2:] for line in block.splitlines() if line.startswith("$ ")]


def run_all(commands, stick, tally):
    """One shell for all, as a person would have it; what each printed, errors too."""
    script = "".join(f"{command}\nprintf '%s\\n' '{MARK}'\n" for command in commands)
    env = dict(os.environ, PATH=os.path.dirname(tally) + os.pathsep + os.environ["PATH"], LC_ALL="C")
    done = subprocess.run(["bash", "-c", "exec 2>&1\n" + script], cwd=stick, stdin=subprocess.DEVNULL, env=env,
                          stdout=subprocess.PIPE, text=True, timeout=300, check=False)
    return done.stdout.split(MARK + "\n")[:-1]


def blurred(text):
    """What differs from ledger to ledger and from run to run."""
    text = re.sub(r"\b[0-9a-f]{16,}\b", "HASH", text)
    text = re.sub(r"(signed by|cosigned by)( +)[a-z -]+", r"\1 NAMES", text)
    text = re.sub(r"(cosigned by|signed by) NAMES\n(?:\1 NAMES\n)*", r"\1 NAMES\n", text)
    text = re.sub(r"[0-9][0-9,.]*", "N", text)
    return re.sub(r"[ \t]+", " ", text).strip()


def said(printed, commands):
    return "".join(f"$ {c}\n{p if p.endswith(chr(10)) or not p else p + chr(10)}" for c, p in zip(commands, printed))


def auditor(build, _rng):
    for program in ("cc", "bash"):
        if shutil.which(program) is None:
            raise Skip(f"no {program} here")
    with open(DOCUMENT, encoding="utf-8") as f:
        document = f.read()
    with Consortium(build) as consortium:
        consortium.start()
        small.fill(consortium, 60, random.Random(5))
        height = consortium.agree()["height"]
        stick, case = stick_of(consortium)
        consortium.stop()
        blocks = blocks_of(document)
        commands = [[re.sub(r"^CASE=.*", f"CASE={case}", re.sub(r"^HEIGHT=.*", f"HEIGHT={height}", c))
                     for c in commands_of(b)] for b in blocks]
        printed = run_all([c for block in commands for c in block], stick, consortium.tally_path)
        expect(len(printed) == sum(map(len, commands)), f"the commands ended early: {printed[-1:]}")
        at = 0
        for block, words in zip(blocks, commands):
            now = said(printed[at:at + len(words)], words).replace(stick + "/", "")
            at += len(words)
            if os.environ.get("TALLY_BLESS"):
                document = document.replace("```console\n" + block + "```", "```console\n" + now + "```", 1)
                continue
            diff = list(difflib.unified_diff(blurred(block).split("\n"), blurred(now).split("\n"), "the document",
                                             "what was printed", lineterm="", n=1))
            expect(not diff, "docs/AUDITOR.md says something else:\n" + "\n".join(diff))
        if os.environ.get("TALLY_BLESS"):
            with open(DOCUMENT, "w", encoding="utf-8") as f:
                f.write(document)
        text = "".join(printed)
        expect(text.count("exit code 4") == 3, "a changed byte went unnoticed")
        expect("every check passed" in text, "the audit did not pass")
        print(f"{sum(map(len, commands))} commands, as the document says")
