"""A member that drops another's envelopes convicts itself: its promise and the ledger are the proof."""
import os
import time

from consortium import Consortium, expect, wait_until

LIAR = "agency-a"
PROMISE_MS = 1500
BLOCKS = 4 * 4  # what a promise of a member of four leaves after its deadline


def public_key(path):
    with open(path + ".pub", encoding="ascii") as f:
        return next(line.split()[1] for line in f if line.startswith("public "))


def payment(number):
    return {"case": f"{number:032x}", "date": "2000-01-01", "ref": f"payment {number}"}


def submit(node, number, **options):
    """A payment on a case nobody knows: recorded all the same, and of no effect."""
    return node.run("submit", "PAYMENT", "--set", "amount_minor=100", check=False, **payment(number), **options)


def promised_files(directory):
    return sorted(os.path.join(directory, name) for name in os.listdir(directory)) if os.path.isdir(directory) else []


def censored_promise(consortium, directory):
    """The creditor gives an envelope to the liar, is promised, and waits in vain."""
    creditor, liar = consortium["creditor"], consortium[LIAR]
    done = submit(liar, 1, key=creditor.key, promises=directory, timeout=2, to=LIAR)
    expect(done.returncode == 12, f"a submission to the liar ended with {done.returncode}: {done.stderr}")
    files = promised_files(directory)
    expect(len(files) == 1, f"the liar gave {len(files)} promises")
    return files[0]


def go_on(consortium, count):
    for number in range(count):
        submit(consortium["agency-b"], 1000 + number)


def breach(consortium, promise, proof):
    return consortium["bureau"].run("promise", "breach", promise, out=proof, check=False)


def watched(consortium, promise):
    """An auditor that follows any node raises the same alarm by itself."""
    replica = os.path.join(consortium.base, "replica")
    done = consortium["bureau"].run("audit", replica, follow=True, once=True, promises=os.path.dirname(promise),
                                    check=False)
    expect(done.returncode == 23, f"an auditor who watched ended with {done.returncode}: {done.stdout}{done.stderr}")
    proof = os.path.join(replica, "alarms", os.path.basename(promise) + ".breach")
    done = consortium.tool("promise", "verify", proof, "--genesis", consortium.genesis)
    expect("broken" in done.stdout and LIAR in done.stdout, f"the auditor's proof says: {done.stdout}")


def tampered(consortium, path, rng):
    """No changed byte of the proof is taken for proof."""
    with open(path, "rb") as f:
        clean = f.read()
    for at in [0, len(clean) - 1] + [rng.randrange(len(clean)) for _ in range(100)]:
        bytes_ = bytearray(clean)
        bytes_[at] ^= 1 << rng.randrange(8)
        with open(path + ".flip", "wb") as f:
            f.write(bytes_)
        done = consortium.tool("promise", "verify", path + ".flip", "--genesis", consortium.genesis, check=False)
        expect(done.returncode == 4, f"a proof with byte {at} changed: exit {done.returncode}, {done.stderr}")


def kept(consortium, directory):
    """An honest member's promise is kept, and no breach can be made of it."""
    creditor = consortium["creditor"]
    done = submit(creditor, 1, promises=directory)
    expect(done.returncode in (0, 6), f"a submission to an honest member ended with {done.returncode}: {done.stderr}")
    files = promised_files(directory)
    expect(len(files) == 1, f"an honest member gave {len(files)} promises")
    done = breach(consortium, files[0], os.path.join(consortium.base, "none.breach"))
    expect(done.returncode == 3 and "was kept" in done.stderr, f"a kept promise: {done.returncode}, {done.stderr}")


def censor(build, rng):
    with Consortium(build) as consortium:
        liar = consortium[LIAR]
        liar.program = os.path.join(consortium.build, "tests", "e2e", "tallyd_censor")
        liar.environment = {"TALLY_CENSOR": public_key(consortium["creditor"].key)}
        with open(os.path.join(liar.dir, "tallyd.conf"), "w", encoding="ascii") as f:
            f.write(f"promise-ms: {PROMISE_MS}\n")
        consortium.start()
        submit(consortium["agency-b"], 999)
        promise = censored_promise(consortium, os.path.join(consortium.base, "promises"))
        done = consortium.tool("promise", "verify", promise, "--genesis", consortium.genesis)
        expect(LIAR in done.stdout, f"the promise does not name who made it: {done.stdout}")
        proof = os.path.join(consortium.base, "proof.breach")
        done = breach(consortium, promise, proof)
        expect(done.returncode == 12, f"a promise that is not due: {done.returncode}, {done.stderr}")
        time.sleep(PROMISE_MS / 1000)

        def proven():
            go_on(consortium, BLOCKS // 4)
            return breach(consortium, promise, proof).returncode == 0

        wait_until(proven, 120, "a breach to be proven")
        watched(consortium, promise)
        kept(consortium, os.path.join(consortium.base, "kept"))
        consortium.stop()
        done = consortium.tool("promise", "verify", proof, "--genesis", consortium.genesis)
        expect("broken" in done.stdout and LIAR in done.stdout, f"the proof says: {done.stdout}")
        tampered(consortium, proof, rng)
