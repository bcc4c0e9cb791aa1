#!/usr/bin/env python3
"""A dossier made by a real node: verified with the genesis file alone, silent about every other case, and
opened in a real browser.

Usage: dossier.py BUILD_DIR [SCREENSHOT.png]

The browser is headless Chromium; without one that part is skipped, with a message.
"""
import base64
import os
import random
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))
import small  # noqa: E402
from consortium import Consortium, expect  # noqa: E402

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def browse(browser, *words):
    return subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", *words],
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)


def opened(page, screenshot):
    """What a reader sees: the browser's own rendering of the page, and a picture of it."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("skipped: no Chromium here, so the page was not opened in a browser")
        return
    profile = "--user-data-dir=" + page + ".profile"
    seen = browse(browser, profile, "--dump-dom", "file://" + page).stdout.decode()
    for words in ("Statement", "Timeline", "Proof", "Proven: all", "Owed, as the case's record says"):
        expect(words in seen, f"the browser does not show '{words}'")
    expect(re.search(r"Signed by [a-z-]+, [a-z-]+ and [a-z-]+", seen), "the browser does not show who signed")
    done = browse(browser, profile, "--window-size=920,1560", "--screenshot=" + screenshot, "file://" + page)
    expect(os.path.exists(screenshot), f"no screenshot: {done.stderr.decode()[-300:]}")
    with open(screenshot, "rb") as f:
        expect(f.read(8) == b"\x89PNG\r\n\x1a\n" and os.path.getsize(screenshot) > 20000, "an empty picture")


def silent_about_others(cases, own, files):
    """No file names another case, in digits or in bytes, nor does what is inside of them."""
    for path in files:
        with open(path, "rb") as f:
            content = f.read()
        inside = re.search(rb"base64,([A-Za-z0-9+/=]+)", content)
        content += base64.b64decode(inside.group(1)) if inside else b""
        for case in cases:
            found = case.encode() in content or bytes.fromhex(case) in content
            expect(found == (case == own), f"{path}: case {case} {'is' if found else 'is not'} there")


def changed_is_found(consortium, page, rng):
    with open(page, "rb") as f:
        original = f.read()
    for at in [0, len(original) - 1] + [rng.randrange(len(original)) for _ in range(20)]:
        changed = bytearray(original)
        changed[at] ^= 1 << rng.randrange(7)
        with open(page + ".changed.html", "wb") as f:
            f.write(changed)
        done = consortium.tool("case", "dossier", "--verify", page + ".changed.html", "--genesis", consortium.genesis,
                               check=False)
        expect(done.returncode == 4, f"a page with byte {at} changed ends with {done.returncode}: {done.stdout}")


def richest(rows):
    """A case with much to tell that still fits on a picture."""
    return max(rows, key=lambda r: (r["paid_minor"] > 0 and r["owed_minor"] > 0, r["leaves"] < 18 and r["leaves"]))


def main(build, screenshot=None):
    with Consortium(build) as consortium:
        consortium.start()
        small.fill(consortium, 60, random.Random(5))
        node, base = consortium.nodes[0], consortium.base
        rows = node.ask("case", "list")
        own = richest(rows)["case"]
        page, folder = os.path.join(base, "dossier.html"), os.path.join(base, "dossier")
        made = node.ask("case", "dossier", own, out=page)
        node.run("case", "dossier", own, out=folder)
        for path in (page, folder):
            done = consortium.tool("case", "dossier", "--verify", path, "--genesis", consortium.genesis, "--json")
            expect(f'"{made["block"]}"' in done.stdout or path == folder, f"verified as {done.stdout}")
        files = [page] + [os.path.join(folder, name) for name in ("dossier.html", "dossier.json", "dossier.receipt")]
        second = subprocess.run([os.path.join(build, "cli", "tally-verify"), "dossier", page, "--genesis",
                                 consortium.genesis], capture_output=True, text=True, timeout=60, check=False)
        expect(second.returncode == 0 and own in second.stdout, f"the second opinion: {second.stderr}")
        silent_about_others([r["case"] for r in rows], own, files)
        changed_is_found(consortium, page, random.Random(6))
        opened(page, screenshot or os.path.join(base, "dossier.png"))
        print(f"{made['leaves']} leaves, {os.path.getsize(page)} bytes, silent about {len(rows) - 1} other cases")


main(os.path.abspath(sys.argv[1]), *map(os.path.abspath, sys.argv[2:3]))
