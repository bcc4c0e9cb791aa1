"""Who does not belong gets nothing, and does no harm."""
import contextlib
import json
import os
import shutil
import socket
import ssl
import struct
import time

import small
from consortium import Consortium, expect

# nng's greeting on a stream: zero, "SP", version, protocol number, reserved.
GREETING = b"\0SP\0" + struct.pack(">HH", 0x30, 0)  # REQ
PUSH_GREETING = b"\0SP\0" + struct.pack(">HH", 0x50, 0)
TLS_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


def random_bytes(rng, most):
    return rng.randbytes(rng.randrange(most))


def openings(rng):
    """Things a stranger may say first, from nonsense to nearly right."""
    yield random_bytes(rng, 64)
    yield b""
    yield random_bytes(rng, 1 << 20)
    yield TLS_HELLO + random_bytes(rng, 4096)
    for greeting in (GREETING, PUSH_GREETING):
        yield greeting + random_bytes(rng, 256)
        # A message of the right frame with nonsense in it, and one that promises far too much.
        body = struct.pack(">I", rng.getrandbits(32) | 0x80000000) + random_bytes(rng, 2048)
        yield greeting + b"\x01" + struct.pack(">Q", len(body)) + body
        yield greeting + b"\x01" + struct.pack(">Q", 1 << 62) + body


def shout(address, family, bytes_):
    with socket.socket(family) as s, contextlib.suppress(OSError):
        s.settimeout(2)
        s.connect(address)
        s.sendall(bytes_)
        s.settimeout(0.2)
        s.recv(4096)


def unharmed(consortium, before, what):
    for node in consortium.nodes:
        expect(node.running(), f"{node.member} ended after {what}")
    after = consortium.agree()
    expect(after["state_root"] == before["state_root"], f"the state changed after {what}")


def nonsense(consortium, rng, before):
    for _ in range(12):
        for node in consortium.nodes:
            for bytes_ in openings(rng):
                shout(node.socket, socket.AF_UNIX, bytes_)
                shout(("127.0.0.1", node.port), socket.AF_INET, bytes_)
    unharmed(consortium, before, "random bytes on every port and socket")


def stranger_dir(consortium):
    """A directory with good keys and certificate that genesis does not know."""
    path = os.path.join(consortium.base, "stranger")
    consortium.tool("keygen", path, "--member", "stranger", "--address", "127.0.0.1:1", "--roles", "agency")
    return path


def tls_refused(node, identity):
    """Whether the peer port hangs up on a client that shows `identity` (or nothing)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if identity:
        context.load_cert_chain(os.path.join(identity, "tls.crt"), os.path.join(identity, "keys", "tls.key"))
    try:
        with socket.create_connection(("127.0.0.1", node.port), timeout=5) as raw, context.wrap_socket(raw) as s:
            s.settimeout(5)
            s.sendall(PUSH_GREETING)
            return s.recv(64) == b""
    except (ssl.SSLError, ConnectionError):
        return True
    except socket.timeout:
        return False


def unknown_certificate(consortium, stranger, before):
    for node in consortium.nodes:
        expect(tls_refused(node, stranger), f"{node.member} talks to an unknown certificate")
        expect(tls_refused(node, None), f"{node.member} talks to a peer without a certificate")
    unharmed(consortium, before, "unknown certificates")


def refused(node, text, *words, **options):
    done = node.run(*words, check=False, seconds=60, **options)
    said = done.stderr + done.stdout
    expect(done.returncode == 5, f"tally {words[0]} {text} ended with {done.returncode}, not 5 (denied): {said}")
    expect(said.strip(), f"tally {words[0]} {text} was refused without a reason")


def unknown_key(consortium, stranger, before):
    key = os.path.join(stranger, "keys", "author-main.key")
    for node in consortium.nodes:
        refused(node, "with an unknown key", "status", key=key, to=node.member, timeout=5)
    unharmed(consortium, before, "requests by an unknown key")


def missing_right(consortium, rng, before):
    creditor = consortium["creditor"]
    reader = os.path.join(creditor.dir, "keys", "author-reader.key")
    creditor.ask("status", key=reader)
    log = small.log(consortium, "denied.csv", 3, rng)
    done = small.try_import(consortium, log, key=reader)
    expect(done.returncode == 5, f"an import by a key that may only read ended with {done.returncode}: {done.stderr}")
    unharmed(consortium, before, "an import without the right")


def wrong_genesis(consortium):
    """agency-b comes back with a genesis file of the same members under another name."""
    second, first = consortium["agency-b"], consortium["agency-a"]
    second.stop()
    own = os.path.join(second.dir, "genesis.tally")
    kept, data = own + ".kept", os.path.join(second.dir, "data")
    shutil.move(own, kept)
    shutil.move(data, data + ".kept")
    consortium.tool("genesis", "create", "--out", own, "--name", "other.example/ledger", "--first-date", "1999-12-31",
                    *[n.dir for n in consortium.nodes])
    second.start()
    time.sleep(4)  # long enough for it to dial and be dialled
    peers = {m["id"]: m for m in first.status()["members"]}
    expect(not peers["agency-b"]["up"], "agency-a takes a peer of another ledger for agency-b")
    if second.running():
        second.stop()
    shutil.rmtree(data, ignore_errors=True)
    shutil.move(data + ".kept", data)
    shutil.move(kept, own)


def with_reader(consortium):
    consortium.tool("keygen", consortium["creditor"].dir, "--add-author", "--author", "reader", "--rights", "read")


def strangers(build, rng):
    with Consortium(build, after_keys=with_reader) as consortium:
        consortium.start()
        small.fill(consortium, 40, rng)
        before = consortium.agree()
        stranger = stranger_dir(consortium)
        nonsense(consortium, rng, before)
        unknown_certificate(consortium, stranger, before)
        unknown_key(consortium, stranger, before)
        missing_right(consortium, rng, before)
        wrong_genesis(consortium)
        consortium["agency-b"].start()
        consortium.agree()
        print(json.dumps({"state_root": before["state_root"]}))
