"""Bad networks between real programs: packets delayed, lost, overtaken; connections cut in the middle of bodies.

The kernels that have `tc netem` can do the first; this needs none: client and server get a network namespace each, joined
by two tunnel devices between which this script carries the packets.
"""

import contextlib
import fcntl
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import threading
import time

from . import history
from .disk import Skipped, need

SERVER_ADDRESS, CLIENT_ADDRESS = "10.213.77.1", "10.213.77.2"
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


class Wire:
    """Carries packets between two tunnel devices, late, and some not at all."""

    def __init__(self, descriptors, seed, delay, jitter, loss):
        self.descriptors, self.random = descriptors, random.Random(seed)
        self.delay, self.jitter, self.loss = delay, jitter, loss
        self.is_cut = self.is_done = False
        self.carried = self.lost = self.overtaken = 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        waiting, number, newest = [], 0, {}
        others = dict(zip(self.descriptors, reversed(self.descriptors)))
        while not self.is_done:
            pause = max(0, waiting[0][0] - time.monotonic()) if waiting else 0.05
            for descriptor in select.select(self.descriptors, [], [], min(pause, 0.05))[0]:
                packet = os.read(descriptor, 65536)
                if self.is_cut or self.random.random() < self.loss:
                    self.lost += 1
                    continue
                number += 1
                due = time.monotonic() + self.delay + self.random.uniform(0, self.jitter)
                heapq.heappush(waiting, (due, number, others[descriptor], packet))
            while waiting and waiting[0][0] <= time.monotonic():
                _, order, target, packet = heapq.heappop(waiting)
                self.carried += 1
                if order < newest.get(target, 0):
                    self.overtaken += 1
                newest[target] = max(order, newest.get(target, 0))
                try:
                    os.write(target, packet)
                except OSError:
                    self.lost += 1

    def end(self):
        self.is_done = True
        self.thread.join()


@contextlib.contextmanager
def namespaces(seed, delay, jitter, loss):
    """Two network namespaces with a bad wire between them; gives back their names and the wire."""
    if os.geteuid() != 0:
        raise Skipped("only root may make network namespaces")
    names = [f"variorum-{os.getpid()}-{side}" for side in ("server", "client")]
    descriptors, made, wire = [], [], None
    try:
        for name, own, other in zip(names, (SERVER_ADDRESS, CLIENT_ADDRESS), (CLIENT_ADDRESS, SERVER_ADDRESS)):
            need("ip", "netns", "add", name)
            made.append(name)
            device = f"vr{os.getpid() % 100000}{'s' if own == SERVER_ADDRESS else 'c'}"
            try:
                descriptor = os.open("/dev/net/tun", os.O_RDWR)
                descriptors.append(descriptor)
                fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH", device.encode(), IFF_TUN | IFF_NO_PI))
            except OSError as error:
                raise Skipped(f"no tunnel device can be made ({error})") from None
            need("ip", "link", "set", device, "netns", name)
            need("ip", "-n", name, "address", "add", own, "peer", other, "dev", device)
            need("ip", "-n", name, "link", "set", "lo", "up")
            need("ip", "-n", name, "link", "set", device, "up")
        wire = Wire(descriptors, seed, delay, jitter, loss)
        yield names, wire
    finally:
        if wire:
            wire.end()
        for descriptor in descriptors:
            os.close(descriptor)
        for name in made:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True)


class Relay:
    """Stands between client and server: slow, and cuts connections in the middle of what they carry."""

    def __init__(self, seed, cuts):
        self.random, self.cuts, self.target = random.Random(seed), cuts, None
        self.connections = self.cut = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            # Bytes after which the connection breaks, in both directions together.
            budget = int(2 ** self.random.uniform(4, 17)) if self.random.random() < self.cuts else None
            threading.Thread(target=self.carry, args=(client, budget), daemon=True).start()

    def carry(self, client, budget):
        try:
            server = socket.create_connection(self.target, timeout=10)
        except OSError:
            client.close()
            return
        ends = {client: server, server: client}
        try:
            while True:
                for end in select.select(list(ends), [], [], 60)[0]:
                    data = end.recv(4096)
                    if not data:
                        return
                    time.sleep(self.random.uniform(0, 0.004))
                    if budget is not None and len(data) >= budget:
                        ends[end].sendall(data[:budget])
                        self.cut += 1
                        # Resets instead of an orderly end.
                        for each in ends:
                            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        return
                    budget = None if budget is None else budget - len(data)
                    ends[end].sendall(data)
        except OSError:
            pass
        finally:
            client.close()
            server.close()

    def end(self):
        self.listener.close()


def through_namespaces(binaries, folder, chance):
    with namespaces(chance.random(), delay=0.01, jitter=0.02, loss=0.03) as (names, wire):
        in_server, in_client = (["ip", "netns", "exec", name] for name in names)

        def disturb():
            # The cable is out for a moment.
            wire.is_cut = True
            time.sleep(chance.uniform(0.2, 1.5))
            wire.is_cut = False

        said = history.live(
            binaries, folder, chance, 25, may_fail=True, prefix=in_client, server_prefix=in_server,
            listen=f"{SERVER_ADDRESS}:0", disturb=disturb)
        return (f"{said}; {wire.carried} packets carried, {wire.lost} lost, {wire.overtaken} overtaken "
                "(namespaces and tunnel devices)")


def through_a_relay(binaries, folder, chance):
    relay = Relay(chance.random(), cuts=0.4)

    def url(server):
        host, port = server.url.removeprefix("http://").split(":")
        relay.target = (host, int(port))
        return relay.url

    def calm():
        relay.cuts = 0

    # Joining is not what is tried here.
    cuts, relay.cuts = relay.cuts, 0
    try:
        said = history.live(
            binaries, folder, chance, 15, may_fail=True, url=url, ready=lambda: setattr(relay, "cuts", cuts), calm=calm)
    finally:
        relay.end()
    return f"{said}; {relay.cut} of {relay.connections} connections cut (relay)"


SCENARIOS = {
    "a network that delays, loses and reorders": through_namespaces,
    "a network that cuts connections": through_a_relay,
}
