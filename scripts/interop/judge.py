#!/usr/bin/env python3
"""Let mtkclient judge the virtual phone.

    python3 scripts/interop/judge.py MTKCLIENT_FOLDER PROFILE… [--mode brom] [--partition boot] [--keep FOLDER]

For each profile: a practice firmware (mtkclient needs a Download Agent), the phone served on
TCP, the bridge to a pseudo-terminal, and then mtkclient itself, which identifies the phone,
prints its partition table, reads a partition, writes it, and reads it back. What mtkclient read
and wrote is compared byte for byte with the phone's storage file, at the place that mtkclient's
own print of the table names. mtkclient is told --stock: it sends the Download Agent as it is and
tries no exploit. Needs `npm run build` and pyserial, pyusb, pycryptodome, colorama
for the Python that runs this. Exit code 0 when every step of every profile passed.
"""
import argparse
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
UNBRICK = ["node", str(HERE.parent.parent / "packages/cli/bin/unbrick.js")]
COMMAND_SECONDS = 90
# The bridge unplugs the phone this long after the tool has closed the port, and a little more.
UNPLUG_SECONDS = 1.5
TABLE_LINE = re.compile(r"^(\S+):\s+Offset (0x[0-9a-f]+), Length (0x[0-9a-f]+)", re.M)
# Where there is no recovery: phones with two slots, and MBRs, which have numbers in place of names.
STAND_INS = ("boot_a", "2")
# Not a whole number of packets or of 4 KiB blocks.
WRITTEN_BYTES = 0x2FF * 0x1000 + 0x600
NEIGHBOUR_BYTES = 0x100000


class Failed(Exception):
    """A step that did not pass; the text says why."""


class Rig:
    """A virtual phone, the bridge, and a way to run mtkclient against them."""

    def __init__(self, mtkclient, profile, mode, folder):
        self.mtkclient = mtkclient
        self.folder = folder
        self.state = folder / "state"
        self.firmware = folder / "firmware"
        if not self.firmware.exists():
            subprocess.run([*UNBRICK, "practice", self.firmware, "--profile", profile], check=True, stdout=subprocess.DEVNULL)
        # mtkclient skips entries for chips 0x65xx unless the file's name says mt6590.
        self.loader = folder / "practice_DA_mt6590.bin"
        shutil.copy(next(self.firmware.glob("*DA*.bin")), self.loader)
        self.preloader = next(self.firmware.glob("preloader*"))
        self.mode = mode
        port = free_port()
        self.tty = free_tty()
        self.processes = [
            start([*UNBRICK, "phone", "--profile", profile, "--mode", mode, "--state", self.state,
                   "--tcp", f"127.0.0.1:{port}", "--log", folder / "phone.log"], folder / "phone.out"),
            start([sys.executable, HERE / "pty-bridge.py", self.tty, f"127.0.0.1:{port}", "--hide-ready"],
                  folder / "bridge.out"),
        ]
        wait_until(lambda: listening(port) and os.path.exists(self.tty))

    def close(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()

    def mtk(self, *words):
        """What mtkclient printed. It exits with 0 on many failures, so the callers look closer."""
        command = [sys.executable, HERE / "patient-serial.py", self.mtkclient / "mtk.py", *words,
                   "--serialport", self.tty, "--loader", self.loader, "--stock"]
        if self.mode == "brom":
            command += ["--preloader", self.preloader]
        shutil.rmtree(self.folder / "logs", ignore_errors=True)
        try:
            done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=COMMAND_SECONDS)
            text = done.stdout + done.stderr
        except subprocess.TimeoutExpired as late:
            text = (late.stdout or b"").decode(errors="replace") + f"\nno end after {COMMAND_SECONDS} s"
        (self.folder / f"mtk-{words[0]}.txt").write_text(text)
        time.sleep(UNPLUG_SECONDS)
        return text

    def stored(self, offset, length):
        names = ("user.bin", "lu2.bin", "nand.bin")
        file = next(self.state / name for name in names if (self.state / name).exists())
        with open(file, "rb") as storage:
            storage.seek(offset)
            return storage.read(length).ljust(length, b"\0")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def free_tty():
    """mtkclient accepts no other names than ttyUSB and ttyACM."""
    return next(name for name in (f"/dev/ttyUSB{number}" for number in range(900, 1000)) if not os.path.lexists(name))


def start(command, output):
    with open(output, "w") as out:
        return subprocess.Popen([str(word) for word in command], stdout=out, stderr=out)


def listening(port):
    """Looks without connecting: a connection would be a phone plugged in."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if os.path.exists(table) and f":{port:04X} 00000000:0000 0A" in pathlib.Path(table).read_text():
            return True
    return False


def wait_until(ready, seconds=60):
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise Failed("phone or bridge did not start")
        time.sleep(0.05)


def last_words(text):
    lines = [line.strip() for line in re.sub(r"\x1b\[\d+m|[▓░█]", "", text).splitlines() if line.strip()]
    return " | ".join(lines[-3:])


def judge(rig, wanted):
    """Runs the steps; yields (step, what was seen)."""
    text = rig.mtk("gettargetconfig")
    if "SLA enabled" not in text:
        raise Failed(f"gettargetconfig: {last_words(text)}")
    cpu = re.search(r"CPU:\s+(.+)", text)
    yield "gettargetconfig", cpu.group(1) if cpu else "?"

    text = rig.mtk("printgpt")
    table = {name: (int(offset, 16), int(length, 16)) for name, offset, length in TABLE_LINE.findall(text)}
    if not table:
        raise Failed(f"printgpt: {last_words(text)}")
    yield "printgpt", f"{len(table)} partitions"

    name = next((name for name in (wanted, *STAND_INS) if name in table), None)
    if name is None:
        raise Failed(f"no partition {wanted} among {', '.join(table)}")
    offset, length = table[name]
    compare_read(rig, name, offset, length)
    yield f"r {name}", f"{length} bytes equal to the storage file at {offset:#x}"

    image = random.Random(name).randbytes(min(WRITTEN_BYTES, length))
    ahead = max(0, offset - NEIGHBOUR_BYTES)

    def neighbours():
        return rig.stored(ahead, offset - ahead), rig.stored(offset + length, NEIGHBOUR_BYTES)

    before = neighbours()
    (rig.folder / "image.bin").write_bytes(image)
    text = rig.mtk("w", name, "image.bin")
    if rig.stored(offset, len(image)) != image:
        raise Failed(f"w {name}: the storage file does not hold the image: {last_words(text)}")
    if neighbours() != before:
        raise Failed(f"w {name}: the neighbours changed")
    yield f"w {name}", f"{len(image)} bytes equal to the storage file, neighbours untouched"

    compare_read(rig, name, offset, length)
    yield f"r {name} again", "equal"


def compare_read(rig, name, offset, length):
    out = rig.folder / "read.bin"
    out.unlink(missing_ok=True)
    text = rig.mtk("r", name, "read.bin")
    if not out.exists() or out.stat().st_size != length:
        raise Failed(f"r {name}: {out.stat().st_size if out.exists() else 'no'} bytes: {last_words(text)}")
    if out.read_bytes() != rig.stored(offset, length):
        raise Failed(f"r {name}: bytes differ from the storage file")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mtkclient", type=pathlib.Path)
    parser.add_argument("profiles", nargs="+")
    parser.add_argument("--mode", default="preloader", choices=["preloader", "brom"])
    parser.add_argument("--partition", default="recovery")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for storage, logs and texts; not deleted")
    wishes = parser.parse_args()
    all_passed = True
    for profile in wishes.profiles:
        base = wishes.keep or pathlib.Path(tempfile.mkdtemp(prefix="unbrick-judge-"))
        folder = (base / f"{pathlib.Path(profile).stem}-{wishes.mode}").resolve()
        folder.mkdir(parents=True, exist_ok=True)
        rig = Rig(wishes.mtkclient.resolve(), profile, wishes.mode, folder)
        try:
            for step, seen in judge(rig, wishes.partition):
                print(f"{profile} {wishes.mode}: {step}: passed ({seen})", flush=True)
        except Failed as problem:
            all_passed = False
            print(f"{profile} {wishes.mode}: FAILED {problem}", flush=True)
        finally:
            rig.close()
            if not wishes.keep:
                shutil.rmtree(base)
    return 0 if all_passed else 1


if __name__ == "__main__":
    sys.exit(main())
