#!/usr/bin/env python3
"""A bad network on one machine: two network namespaces, joined by a link with delay, jitter, loss and a limited rate.

The TCP and UDP stacks are the kernel's own; we imitate only the wire between them. So this works on kernels without
netem. It needs root, /dev/net/tun and iproute2.

    link.py --a server=10.77.0.1 --b viewer=10.77.0.2 --delay 25 --jitter 5 --loss 1 --rate 5000

makes the namespaces `server` and `viewer`, prints `ready`, and then takes one command per line on its standard input.
It answers each with `done`, or with one line that says what is wrong:

    delay 80 | jitter 0 | loss 0.5 | rate 1500 | queue 100 | cut | mend

It answers `late` with the most that it has delivered a packet too late since the last such command, in ms. On a busy
machine, the link can be worse than its settings.

`ip netns exec server COMMAND` runs a program in a namespace. At the end of the standard input, and on SIGINT or
SIGTERM, the link ends and removes its namespaces.

delay   ms one way
jitter  ms: each packet takes up to this much more or less; packets keep their order
loss    percent of the packets, in each direction
rate    kbit/s in each direction; 0 means no limit
queue   ms that a packet may wait if the rate is limited; the link drops packets that would wait longer
"""
import argparse
import ctypes
import fcntl
import heapq
import os
import random
import selectors
import signal
import struct
import subprocess
import sys
import time

DEFAULTS = {"delay": 0.0, "jitter": 0.0, "loss": 0.0, "rate": 0.0, "queue": 200.0}
CLONE_NEWNET, TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x40000000, 0x400454CA, 0x0001, 0x1000
LARGEST_PACKET = 65536
# We read this many packets from one side, and then it is the other side's turn.
BATCH = 64


class Way:
    """One direction: decides whether a packet arrives, and when."""

    def __init__(self, settings, seed):
        self._settings = settings
        self._chance = random.Random(seed)
        self._free = 0.0
        self._last = 0.0

    def due(self, now, size):
        """Returns when a packet of this many bytes arrives if it is sent now, in seconds; None if it is lost."""
        wanted = self._settings
        if self._chance.random() * 100 < wanted["loss"]:
            return None
        start = max(now, self._free)
        if wanted["rate"]:
            if (start - now) * 1000 > wanted["queue"]:
                return None
            start += size * 8 / (wanted["rate"] * 1000)
            self._free = start
        jitter = self._chance.uniform(-wanted["jitter"], wanted["jitter"])
        self._last = max(self._last, start + (wanted["delay"] + jitter) / 1000)
        return self._last


class Link:
    """Carries packets between two tun devices."""

    def __init__(self, fd_a, fd_b, settings, seed):
        self.settings = settings
        self.is_cut = False
        self._ends = ((fd_a, fd_b, Way(settings, seed)), (fd_b, fd_a, Way(settings, seed + 1)))
        self._under_way = []
        self._serial = 0
        self._late = 0.0

    def take_lateness(self):
        """Returns the longest lateness since the last call, in seconds."""
        late, self._late = self._late, 0.0
        return late

    def run(self, commands):
        """Returns when there are no more commands."""
        # Unlike the default selector, this one also accepts a file as the input.
        watch = selectors.PollSelector()
        for fd, to, way in self._ends:
            watch.register(fd, selectors.EVENT_READ, (to, way))
        watch.register(commands.fd, selectors.EVENT_READ)
        while True:
            self._deliver()
            wait = max(0.0, self._under_way[0][0] - time.monotonic()) if self._under_way else None
            for key, _ in watch.select(wait):
                if key.data:
                    self._take(key.fd, *key.data)
                elif not commands.obey(self):
                    return

    def _take(self, fd, to, way):
        for _ in range(BATCH):
            try:
                packet = os.read(fd, LARGEST_PACKET)
            except BlockingIOError:
                return
            due = None if self.is_cut else way.due(time.monotonic(), len(packet))
            if due is not None:
                # The serial number keeps packets that are due together in order, so the heap never compares packets.
                self._serial += 1
                heapq.heappush(self._under_way, (due, self._serial, to, packet))

    def _deliver(self):
        while self._under_way and self._under_way[0][0] <= time.monotonic():
            due, _, to, packet = heapq.heappop(self._under_way)
            self._late = max(self._late, time.monotonic() - due)
            try:
                os.write(to, packet)
            except OSError:
                # The receiver's queue is full: the packet is lost, as on a real wire.
                pass


class Commands:
    """Changes of the link, one per line."""

    def __init__(self, fd):
        self.fd = fd
        self._rest = ""

    def obey(self, link):
        """To be called when there is something to read. @returns whether more may come"""
        data = os.read(self.fd, LARGEST_PACKET)
        *lines, self._rest = (self._rest + data.decode()).split("\n")
        for line in lines:
            print(self._answer(link, line), flush=True)
        return len(data) > 0

    def _answer(self, link, line):
        match line.split():
            case ["late"]:
                return f"{link.take_lateness() * 1000:.1f}"
            case ["cut" | "mend" as word]:
                link.is_cut = word == "cut"
                return "done"
            case [name, value] if name in DEFAULTS and is_amount(value):
                link.settings[name] = float(value)
                return "done"
        return f"not a command: {line}"


class Namespaces:
    """Makes network namespaces, and removes them again."""

    def __init__(self):
        self._libc = ctypes.CDLL("libc.so.6", use_errno=True)
        self._home = os.open("/proc/self/ns/net", os.O_RDONLY)
        self._made = []

    def make(self, name, address, peer):
        """@returns a tun device in a new namespace: packets for `peer` come out of it"""
        run("ip", "netns", "add", name)
        self._made.append(name)
        here = os.open(f"/var/run/netns/{name}", os.O_RDONLY)
        self._enter(here)
        try:
            device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", b"link0", IFF_TUN | IFF_NO_PI))
            run("ip", "addr", "add", address, "peer", peer, "dev", "link0")
            run("ip", "link", "set", "link0", "up", "mtu", "1500", "txqueuelen", "1000")
            run("ip", "link", "set", "lo", "up")
            # Without a default route a browser believes that it is offline.
            run("ip", "route", "replace", "default", "dev", "link0")
            # Each connection starts like a new viewer's, whatever happened to earlier connections.
            with open("/proc/sys/net/ipv4/tcp_no_metrics_save", "w") as setting:
                setting.write("1")
        finally:
            self._enter(self._home)
            os.close(here)
        return device

    def remove(self):
        for name in self._made:
            subprocess.run(["ip", "netns", "del", name], check=False)
        self._made.clear()

    def _enter(self, namespace):
        if self._libc.setns(namespace, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "cannot enter a network namespace")


def is_amount(text):
    try:
        return 0 <= float(text) < float("inf")
    except ValueError:
        return False


def hurry():
    """Asks for a high priority: lateness that other busy programs cause would be measured as the network's."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        os.nice(-10)


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"{' '.join(words)}: {done.stderr.strip()}")


def end(*_):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for side in ("--a", "--b"):
        parser.add_argument(side, required=True, metavar="NAMESPACE=ADDRESS")
    for name, default in DEFAULTS.items():
        parser.add_argument(f"--{name}", type=float, default=default)
    parser.add_argument("--seed", type=int, default=1, help="the seed for loss and jitter")
    given = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("link.py: only root can make network namespaces")
    (name_a, address_a), (name_b, address_b) = given.a.split("="), given.b.split("=")
    settings = {name: getattr(given, name) for name in DEFAULTS}
    signal.signal(signal.SIGTERM, end)
    namespaces = Namespaces()
    try:
        fd_a = namespaces.make(name_a, address_a, address_b)
        fd_b = namespaces.make(name_b, address_b, address_a)
        hurry()
        print("ready", flush=True)
        Link(fd_a, fd_b, settings, given.seed).run(Commands(sys.stdin.fileno()))
    except KeyboardInterrupt:
        pass
    except OSError as problem:
        sys.exit(f"link.py: {problem}")
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        namespaces.remove()


main()
