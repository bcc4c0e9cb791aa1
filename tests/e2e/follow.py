"""An auditor's replica follows a consortium, resumes, and raises the alarm that is due and no other."""
import glob
import os
import shutil
import signal
import subprocess

import small
from consortium import Consortium, expect, wait_until

ALARMS = {"rollback": 20, "fork": 21, "divergence": 22}


def replica(consortium):
    return os.path.join(consortium.base, "replica")


def position(consortium):
    """Leaves of the checkpoint the auditor cosigned last."""
    try:
        with open(os.path.join(replica(consortium), "checkpoint"), encoding="utf-8") as f:
            return int(f.read().split("\n")[1])
    except FileNotFoundError:
        return 0


def follow_once(consortium, node="bureau", **options):
    options.setdefault("patience", 1)
    return consortium[node].run("audit", replica(consortium), follow=True, once=True, poll=50, json=True, check=False,
                                **options)


def expect_alarm(done, name):
    code = ALARMS[name]
    expect(done.returncode == code, f"a {name} ended with {done.returncode} instead of {code}: {done.stdout}{done.stderr}")
    expect("alarm" in done.stdout, f"a {name} without the word: {done.stdout}")


def payments(consortium, count, first):
    for number in range(first, first + count):
        consortium["creditor"].run("submit", "PAYMENT", "--set", "amount_minor=100", case=f"{number:032x}",
                                   date="2000-01-01", ref=f"payment {number}")


def live(consortium, rng):
    """Follows while entries come, ends when asked to, and goes on where it was."""
    bureau = consortium["bureau"]
    argv = bureau.command("audit", replica(consortium), follow=True, poll=50)
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        small.fill(consortium, 30, rng)
        size = consortium.agree()["log_size"]
        wait_until(lambda: position(consortium) == size or process.poll() is not None, 60, "the replica to catch up")
        bureau.kill()
        bureau.start()
        payments(consortium, 3, 1)
        size = consortium.agree()["log_size"]
        wait_until(lambda: position(consortium) == size or process.poll() is not None, 60, "the replica to go on")
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    expect(process.returncode == 0, f"following ended with {process.returncode}: {out}{err}")


def resumes(consortium):
    before = consortium.agree()["height"]
    payments(consortium, 2, 10)
    grown = consortium.agree()["height"] - before
    done = follow_once(consortium)
    expect(done.returncode == 0, f"resuming ended with {done.returncode}: {done.stdout}{done.stderr}")
    expect(f'"blocks":{grown}' in done.stdout.replace(" ", ""), f"{grown} blocks are new, but: {done.stdout}")
    consortium.tool("audit", replica(consortium))


def keep(consortium):
    """A copy of every member's directory as it is now, nodes being stopped."""
    for node in consortium.nodes:
        shutil.copytree(node.dir, node.dir + ".kept", ignore=shutil.ignore_patterns("*.sock"))


def put_back(consortium):
    for node in consortium.nodes:
        shutil.rmtree(node.dir)
        os.rename(node.dir + ".kept", node.dir)


def position_is_signed(consortium):
    path = os.path.join(replica(consortium), "position")
    with open(path, "rb") as f:
        clean = f.read()
    for at in (5, len(clean) // 2, len(clean) - 1):
        with open(path, "wb") as f:
            f.write(clean[:at] + bytes([clean[at] ^ 1]) + clean[at + 1:])
        done = follow_once(consortium)
        expect(done.returncode == 4, f"a position with byte {at} changed: {done.returncode}, {done.stdout}")
    with open(path, "wb") as f:
        f.write(clean)


def follow(build, rng):
    with Consortium(build) as consortium:
        consortium.start()
        live(consortium, rng)
        resumes(consortium)
        position_is_signed(consortium)
        consortium.stop()
        keep(consortium)
        consortium.start()
        payments(consortium, 4, 20)
        ahead = consortium.agree()["height"]
        expect(follow_once(consortium).returncode == 0, "an honest ledger raised an alarm")
        consortium.stop()
        put_back(consortium)
        consortium.start()
        expect_alarm(follow_once(consortium), "rollback")
        number = 40
        while consortium.agree()["height"] <= ahead:
            payments(consortium, 1, number)
            number += 1
        expect_alarm(follow_once(consortium), "fork")
        sides = glob.glob(os.path.join(replica(consortium), "alarms", "fork-*.final"))
        expect(len(sides) == 2, f"a fork left {sides}")
        before = position(consortium)
        expect_alarm(follow_once(consortium), "fork")
        expect(position(consortium) == before, "an alarm moved the position")
    diverging(build)


def diverging(build):
    """A whole consortium that agrees on what the rules do not say."""
    with Consortium(build) as consortium:
        for node in consortium.nodes:
            node.program = os.path.join(consortium.build, "tests", "e2e", "tallyd_diverge")
        consortium.start()
        payments(consortium, 1, 1)
        done = follow_once(consortium)
        expect_alarm(done, "divergence")
        expect("block 1" in done.stdout, f"the block is not named: {done.stdout}")
        expect(position(consortium) == 0, "a diverging ledger was cosigned")
