#!/usr/bin/env python3
"""A switch between network namespaces whose links have a delay and losses, and can be cut in either direction.

It is a process of its own, so that it needs nothing of the kernel but TAP devices (netem is missing in many). Each namespace gets a device
`eth0`; a frame waits for its time, is lost, or goes on to whom it is for.

Usage: switch.py --delay MS --loss PERCENT --seed N SPACE…
Standard input: `cut SPACE out|in|both|none`, a line each, answered by `done`.
"""
import argparse, collections, ctypes, fcntl, os, random, select, struct, sys, time

TUNSETIFF, IFF_TAP, IFF_NO_PI, CLONE_NEWNET = 0x400454CA, 0x0002, 0x1000, 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


class Port:
    """One namespace's device, as the switch sees it."""

    def __init__(self, space, home):
        self.space, self.cut_out, self.cut_in = space, False, False
        there = os.open(f"/run/netns/{space}", os.O_RDONLY)
        for_space(there)
        try:
            self.device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(self.device, TUNSETIFF, struct.pack("16sH22x", b"eth0", IFF_TAP | IFF_NO_PI))
        finally:
            for_space(home)
            os.close(there)


def for_space(descriptor):
    """New devices belong to this namespace from now on."""
    if libc.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Switch:
    def __init__(self, spaces, delay, loss, seed):
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.ports = {space: Port(space, home) for space in spaces}
        self.by_device = {port.device: port for port in self.ports.values()}
        self.delay, self.loss, self.random = delay / 1000, loss / 100, random.Random(seed)
        self.learned = {}
        # All links have the same delay, so frames leave in the order in which they came.
        self.waiting = collections.deque()

    def run(self):
        poll = select.epoll()
        for device in self.by_device:
            poll.register(device, select.EPOLLIN)
        poll.register(0, select.EPOLLIN)
        while True:
            left = max(0, self.waiting[0][0] - time.monotonic()) if self.waiting else None
            for descriptor, _ in poll.poll(left):
                if descriptor == 0:
                    line = sys.stdin.readline()
                    if not line:
                        return
                    self.obey(line.split())
                else:
                    self.take(self.by_device[descriptor])
            now = time.monotonic()
            while self.waiting and self.waiting[0][0] <= now:
                _, port, frame = self.waiting.popleft()
                self.deliver(port, frame)

    def obey(self, words):
        _, space, direction = words
        port = self.ports[space]
        port.cut_out, port.cut_in = direction in ("out", "both"), direction in ("in", "both")
        print("done", flush=True)

    def take(self, port):
        # Some at a time: the others have their turn, too.
        for _ in range(64):
            try:
                frame = os.read(port.device, 65536)
            except BlockingIOError:
                return
            self.learned[frame[6:12]] = port
            if not port.cut_out and self.random.random() >= self.loss:
                self.waiting.append((time.monotonic() + self.delay, port, frame))

    def deliver(self, source, frame):
        target = self.learned.get(frame[0:6])
        for port in [target] if target else self.ports.values():
            if port is source or port.cut_in or self.random.random() < self.loss:
                continue
            try:
                os.write(port.device, frame)
            except (BlockingIOError, OSError):
                pass  # A full or closed device loses it, as a real one does.


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=2)
    parser.add_argument("--loss", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("spaces", nargs="+")
    options = parser.parse_args()
    switch = Switch(options.spaces, options.delay, options.loss, options.seed)
    print("ready", flush=True)
    switch.run()


main()
