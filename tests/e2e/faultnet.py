"""A network between members that fails on demand: each member is dialed through a relay of this process.

TCP below TLS neither loses nor reorders, so the faults are those TCP shows to the programs above it: bytes
that come late, stop coming, or a connection that is reset. The two directions between two members are two
connections, each written by who dialed it, so a link can fail in one direction only.
"""
import asyncio
import contextlib
import os
import random
import threading

CHUNK = 1 << 16


def socket_inode(port):
    """Inode of the local socket bound to `port` that dialed us."""
    with open("/proc/net/tcp") as f:
        for line in f.readlines()[1:]:
            fields = line.split()
            if int(fields[1].split(":")[1], 16) == port:
                return fields[9]
    return None


def owns(pid, inode):
    with contextlib.suppress(OSError):
        for fd in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{pid}/fd/{fd}") == f"socket:[{inode}]":
                    return True
    return False


class Link:
    """From one member to another."""

    def __init__(self):
        self.open = True
        self.delay_ms = 0  # of every piece
        self.late_permille = 0  # pieces that take as long as TCP needs to send them again

    def heal(self):
        self.__init__()

    def seconds(self, rng):
        late = rng.randrange(200, 1200) if rng.randrange(1000) < self.late_permille else 0
        return (rng.randrange(self.delay_ms + 1) + late) / 1000


class FaultNet:
    """One relay before each node. `links[from, to]` are changed by the test at any time."""

    def __init__(self, consortium, seed):
        self.nodes = consortium.nodes
        self.rng = random.Random(seed)
        self.links = {(a.member, b.member): Link() for a in self.nodes for b in self.nodes if a is not b}
        self.writers = set()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def start(self):
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self.loop).result(10)

    def stop(self):
        self.reset_all()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    def heal(self):
        for link in self.links.values():
            link.heal()

    def reset_all(self):
        """Every connection breaks at once."""

        def abort():
            for writer in list(self.writers):
                writer.transport.abort()

        self.loop.call_soon_threadsafe(abort)

    async def _listen(self):
        for node in self.nodes:
            await asyncio.start_server(lambda r, w, n=node: self._serve(n, r, w), "127.0.0.1", node.port)

    def _who(self, port):
        inode = socket_inode(port)
        for node in self.nodes:
            if inode and node.running() and owns(node.process.pid, inode):
                return node.member
        return None

    async def _serve(self, node, reader, writer):
        source = self._who(writer.get_extra_info("peername")[1])
        if source is None or not self.links[source, node.member].open:
            writer.transport.abort()
            return
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", node.hidden_port)
        except OSError:
            writer.transport.abort()
            return
        link = self.links[source, node.member]
        self.writers |= {writer, there_writer}
        await asyncio.gather(self._relay(link, reader, there_writer), self._relay(link, there_reader, writer))
        self.writers -= {writer, there_writer}

    async def _relay(self, link, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while piece := await reader.read(CHUNK):
                await asyncio.sleep(link.seconds(self.rng))
                while not link.open:
                    await asyncio.sleep(0.05)
                writer.write(piece)
                await writer.drain()
        writer.transport.abort()
