#!/usr/bin/env python3
"""Offer a virtual phone as a serial port, for flash tools that speak to serial ports.

    python3 scripts/interop/pty-bridge.py /dev/ttyUSB42 127.0.0.1:7001 [--hide-ready]

The first argument is the link that will lead to the pseudo-terminal; the second is where
`unbrick phone --tcp` serves. Only the standard library is used. Runs until interrupted.

One TCP connection is one time that the phone is plugged in, and its program waits only a few
seconds for a tool. So the bridge plugs the phone in when the tool sends its first byte, not
before, and unplugs it when the tool has closed the port for good: a phone that was talked to
waits for more commands and does not answer the next tool's handshake.

A preloader says READY again and again until a tool shakes hands. mtkclient's serial mode answers
every single letter of it with another A0, and older preloaders answer every A0, so that the tool
stays four answers behind for good. --hide-ready keeps those greetings from the tool.
"""
import os
import select
import signal
import socket
import sys
import time
import tty

CHUNK = 65536
CONNECT_SECONDS = 5
# Tools close and open the port again when they change its speed.
CLOSED_SECONDS = 1.0
LOOK_SECONDS = 0.05
READY = b"READY"


def open_port(link):
    """A raw pseudo-terminal, and a link to it by a name that serial libraries list."""
    master, slave = os.openpty()
    tty.setraw(slave)
    if os.path.islink(link):
        os.unlink(link)
    os.symlink(os.ttyname(slave), link)
    # From now on the tool alone holds that end: its closing shows as a hang-up on this one.
    os.close(slave)
    os.set_blocking(master, False)
    return master


def plug_in(address):
    try:
        phone = socket.create_connection(address, timeout=CONNECT_SECONDS)
    except OSError as problem:
        print(f"no phone at {address[0]}:{address[1]}: {problem}", file=sys.stderr)
        return None
    phone.settimeout(None)
    phone.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print("phone plugged in", file=sys.stderr)
    return phone


def unplug(phone):
    phone.close()
    print("phone unplugged", file=sys.stderr)


def write_all(master, data):
    """Waits for the tool to take everything, unless it closes the port."""
    view = memoryview(data)
    while view and not is_closed(master):
        _, writable, _ = select.select([], [master], [], LOOK_SECONDS)
        if writable:
            view = view[os.write(master, view):]


class Greeting:
    """Takes the READY stream out of what the phone says, up to its first other byte."""

    def __init__(self):
        self.heard = 0
        self.over = False

    def without(self, data):
        if self.over:
            return data
        for position, byte in enumerate(data):
            if byte != READY[self.heard % len(READY)]:
                self.over = True
                return data[position:]
            self.heard += 1
        return b""


def is_closed(master):
    """Whether no tool holds the port open."""
    poller = select.poll()
    poller.register(master, select.POLLIN)
    return any(event & select.POLLHUP for _, event in poller.poll(0))


def serve(master, address, hide_ready):
    phone = None
    greeting = Greeting()
    closed_since = None
    while True:
        if is_closed(master):
            closed_since = closed_since or time.monotonic()
            if phone is not None and time.monotonic() - closed_since > CLOSED_SECONDS:
                phone = unplug(phone)
            time.sleep(LOOK_SECONDS)
            continue
        closed_since = None
        ready, _, _ = select.select([master] if phone is None else [master, phone], [], [], CLOSED_SECONDS)
        if phone is not None and phone in ready:
            try:
                data = phone.recv(CHUNK)
            except ConnectionError:
                data = b""
            if not data:
                phone = unplug(phone)
                continue
            write_all(master, greeting.without(data) if hide_ready else data)
        if master in ready:
            try:
                data = os.read(master, CHUNK)
            except OSError:
                continue  # closed in between
            if phone is None:
                phone = plug_in(address)
                greeting = Greeting()
            if phone is not None:
                try:
                    phone.sendall(data)
                except ConnectionError:
                    phone = unplug(phone)


def main():
    options = sys.argv[3:]
    if len(sys.argv) < 3 or ":" not in sys.argv[2] or options not in ([], ["--hide-ready"]):
        print(__doc__, file=sys.stderr)
        return 2
    link = sys.argv[1]
    host, port = sys.argv[2].rsplit(":", 1)
    master = open_port(link)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        serve(master, (host, int(port)), bool(options))
    except KeyboardInterrupt:
        return 0
    finally:
        os.unlink(link)


if __name__ == "__main__":
    sys.exit(main())
