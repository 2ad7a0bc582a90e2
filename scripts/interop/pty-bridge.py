#!/usr/bin/env python3
"""Offer a virtual phone as a serial port, for flash tools that speak to serial ports.

    python3 scripts/interop/pty-bridge.py /dev/ttyUSB42 127.0.0.1:7001

The first argument is the link that will lead to the pseudo-terminal; the second is where
`unbrick phone --tcp` serves. Only the standard library is used. Runs until interrupted.

One TCP connection is one time that the phone is plugged in, and its program waits only a few
seconds for a tool. So the bridge plugs the phone in when the tool sends its first byte, not
before, and again on the first byte after the phone went away.
"""
import os
import select
import signal
import socket
import sys
import termios
import tty

CHUNK = 65536
QUIET_SECONDS = 1.0


def open_port(link):
    """A raw pseudo-terminal, and a link to it by a name that serial libraries list."""
    master, slave = os.openpty()
    # The bridge keeps its own end of the tool's side open: without it every close by the tool
    # would read as an error on the master.
    tty.setraw(slave, termios.TCSANOW)
    if os.path.islink(link):
        os.unlink(link)
    os.symlink(os.ttyname(slave), link)
    return master, slave


def plug_in(address):
    try:
        phone = socket.create_connection(address, timeout=QUIET_SECONDS)
    except OSError as problem:
        print(f"no phone at {address[0]}:{address[1]}: {problem}", file=sys.stderr)
        return None
    phone.settimeout(None)
    phone.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print("phone plugged in", file=sys.stderr)
    return phone


def write_all(descriptor, data):
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view):]


def serve(master, address):
    phone = None
    while True:
        watched = [master] if phone is None else [master, phone]
        ready, _, _ = select.select(watched, [], [])
        if phone is not None and phone in ready:
            try:
                data = phone.recv(CHUNK)
            except ConnectionError:
                data = b""
            if data:
                write_all(master, data)
            else:
                phone.close()
                phone = None
                print("phone went away", file=sys.stderr)
                continue
        if master in ready:
            data = os.read(master, CHUNK)
            if phone is None:
                phone = plug_in(address)
            if phone is not None:
                try:
                    phone.sendall(data)
                except ConnectionError:
                    phone.close()
                    phone = None


def main():
    if len(sys.argv) != 3 or ":" not in sys.argv[2]:
        print(__doc__, file=sys.stderr)
        return 2
    link = sys.argv[1]
    host, port = sys.argv[2].rsplit(":", 1)
    master, _slave = open_port(link)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        serve(master, (host, int(port)))
    except KeyboardInterrupt:
        return 0
    finally:
        os.unlink(link)


if __name__ == "__main__":
    sys.exit(main())
