#!/usr/bin/env python3
"""Run a Python flash tool with a serial library that waits long enough and drops nothing.

    python3 scripts/interop/patient-serial.py /path/to/mtk.py gettargetconfig --serialport …

mtkclient gives a phone 20 ms for every answer on a serial port, and 5 ms during the handshake.
Neither a real Download Agent nor a phone at the far end of two busy processes keeps that, and an
answer which comes late is taken for the answer to the next question. It also empties the output buffer right after it has
written; a USB driver has taken the bytes by then, a pseudo-terminal may still hold them.

This starts the tool unchanged, except that pyserial waits at least as long as the protocol
allows (0.1 s while the tool still shakes hands, since a preloader wants the repeated A0 within
0.3 s, and 10 s afterwards), that written bytes are delivered instead of thrown away, and that
mtkclient's serial port has what its USB port has: a packet size, and packets that end with the
header of a frame.
"""
import os
import runpy
import select
import sys

import serial

HANDSHAKE = frozenset(b"\xa0\x0a\x50\x05")
HANDSHAKE_SECONDS = 0.1
ANSWER_SECONDS = 10
FRAME_MAGIC = b"\xef\xee\xee\xfe"
FRAME_HEADER_LENGTH = 12


class PatientSerial(serial.Serial):
    _shaking_hands = True
    _held = b""

    def write(self, data):
        if any(byte not in HANDSHAKE for byte in data):
            self._shaking_hands = False
        return super().write(data)

    def read(self, size=1):
        held, self._held = self._held[:size], self._held[size:]
        return held + self._read_patiently(size - len(held))

    @property
    def in_waiting(self):
        if self._shaking_hands:
            select.select([self.fd], [], [], HANDSHAKE_SECONDS)
            return super().in_waiting
        # "Whatever there is" means one USB packet to the tool, and a frame's header is one.
        self._held += self._read_patiently(FRAME_HEADER_LENGTH - len(self._held))
        if self._held.startswith(FRAME_MAGIC):
            return FRAME_HEADER_LENGTH
        return len(self._held) + super().in_waiting

    def reset_output_buffer(self):
        self.flush()

    def _read_patiently(self, size):
        wanted = self.timeout
        floor = HANDSHAKE_SECONDS if self._shaking_hands else ANSWER_SECONDS
        if wanted is not None and wanted < floor:
            self._timeout = floor
        try:
            return super().read(size) if size > 0 else b""
        finally:
            self._timeout = wanted


class PacketSize:
    """What mtkclient wants to know of a USB endpoint."""

    wMaxPacketSize = 512


def give_packet_size():
    try:
        from mtkclient.Library.Connection.seriallib import SerialClass
    except ImportError:
        return  # another tool
    SerialClass.EP_OUT = SerialClass.EP_IN = PacketSize


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    program = os.path.abspath(sys.argv[1])
    serial.Serial = PatientSerial
    sys.argv = sys.argv[1:]
    sys.path.insert(0, os.path.dirname(program))
    give_packet_size()
    runpy.run_path(program, run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
