import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { RedirectedPort } from './usb-redirection.js';

const HERE = dirname(fileURLToPath(import.meta.url));
const CHECKOUT = dirname(HERE);
/** Without hardware acceleration the guest takes five seconds to boot, on a busy machine much more. */
const BOOT_MS = 120_000;

/** Exit code of a command whose guest is gone. */
const NO_GUEST = 125;

/**
 * In front of a command: runs it as an ordinary user, in no group that may open devices. May read every file, as the checkout
 * may lie in somebody else's home.
 */
export const AS_SOMEBODY =
  'setpriv --reuid 4242 --regid 4242 --clear-groups --inh-caps +dac_read_search --ambient-caps +dac_read_search ' +
  'env HOME=/run/somebody ';

/** How a command in the guest ended. */
export interface GuestFinished {
  code: number;
  stdout: string;
  stderr: string;
}

export interface GuestCommand {
  /** What it has written to its standard output so far. */
  output(): string;
  finished: Promise<GuestFinished>;
}

/**
 * A Debian kernel in QEMU, on the host's own files: the same Node, the same checkout, whatever it writes vanishes. Its one
 * USB port is `usb`.
 */
export class Guest {
  readonly usb: RedirectedPort;
  readonly #qemu: ChildProcess;
  readonly #folder: string;
  readonly #control: Server;
  #socket: Socket | undefined;
  #jobs = 0;
  readonly #waiting = new Map<string, (code: number) => void>();

  private constructor(usb: RedirectedPort, control: Server, qemu: ChildProcess, folder: string) {
    this.usb = usb;
    this.#control = control;
    this.#qemu = qemu;
    this.#folder = folder;
    // A guest that has crashed answers no more.
    qemu.once('exit', () => {
      for (const end of this.#waiting.values()) end(NO_GUEST);
    });
  }

  /** Boots. @throws Error with the kernel's last words when the guest does not come up */
  static async boot(cache: string): Promise<Guest> {
    const folder = mkdtempSync(join(tmpdir(), 'unbrick-rig-'));
    writeFileSync(join(folder, 'environment'), `RIG_FOLDER='${CHECKOUT}'\n`);
    copyFileSync(join(HERE, 'guest', 'boot'), join(folder, 'boot'));
    chmodSync(join(folder, 'boot'), 0o755);
    const usb = await RedirectedPort.listen(join(folder, 'usb.sock'));
    const control = createServer();
    await new Promise<void>((resolve) => control.listen(join(folder, 'control.sock'), resolve));
    const qemu = spawn('qemu-system-x86_64', qemuArguments(cache, folder), { stdio: ['ignore', 'ignore', 'inherit'] });
    const guest = new Guest(usb, control, qemu, folder);
    try {
      await guest.#ready();
    } catch (cause) {
      const console = readFileSync(join(folder, 'console.log'), 'latin1').slice(-4000);
      await guest.close();
      throw new Error(`the guest did not come up:\n${console}`, { cause });
    }
    return guest;
  }

  /** Starts a shell command in the checkout's folder. Several may run at once. */
  start(command: string): GuestCommand {
    const job = `job-${++this.#jobs}`;
    const read = (kind: string) => readFileSync(join(this.#folder, `${job}.${kind}`), 'utf8');
    writeFileSync(join(this.#folder, `${job}.out`), '');
    writeFileSync(join(this.#folder, `${job}.sh`), `${command}\n`);
    const ended = new Promise<number>((resolve) => this.#waiting.set(job, resolve));
    this.#socket?.write(`${job}\n`);
    return {
      output: () => read('out'),
      finished: ended.then((code) => ({ code, stdout: read('out'), stderr: read('err') })),
    };
  }

  /** As {@link start}, to its end. */
  run(command: string): Promise<GuestFinished> {
    return this.start(command).finished;
  }

  async close(): Promise<void> {
    this.#qemu.kill('SIGKILL');
    if (this.#qemu.exitCode === null && this.#qemu.signalCode === null) await once(this.#qemu, 'exit');
    this.#socket?.destroy();
    this.#control.close();
    this.usb.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Resolves when the guest waits for commands. */
  async #ready(): Promise<void> {
    const ready = new Promise<void>((resolve) => {
      this.#control.on('connection', (socket) => {
        this.#socket = socket;
        createInterface({ input: socket }).on('line', (line) => {
          if (line === 'ready') return resolve();
          const [job = '', code] = line.split(' ');
          this.#waiting.get(job)?.(Number(code));
          this.#waiting.delete(job);
        });
      });
    });
    await Promise.race([
      ready,
      once(this.#qemu, 'exit').then(() => {
        throw new Error('QEMU has ended');
      }),
      once(this.#qemu, 'error').then(([cause]) => {
        throw cause;
      }),
      new Promise((_, reject) => setTimeout(reject, BOOT_MS, new Error('no answer in time')).unref()),
    ]);
  }
}

function qemuArguments(cache: string, folder: string): string[] {
  const share = (name: string, path: string, options = ',readonly=on') => [
    '-fsdev',
    `local,id=${name},path=${path},security_model=none,multidevs=remap${options}`,
    '-device',
    `virtio-9p-pci,fsdev=${name},mount_tag=${name}`,
  ];
  return [
    ...['-M', 'pc,usb=off,hpet=off', '-accel', 'tcg,thread=multi,tb-size=512', '-cpu', 'max'],
    // One processor boots twice as fast as two under emulation.
    ...['-smp', '1', '-m', '2048', '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-kernel', join(cache, 'vmlinux'), '-initrd', join(cache, 'initrd.cpio'), '-append'],
    'console=ttyS0 quiet panic=-1 nokaslr nopti mitigations=off no5lvl audit=0 tsc=reliable random.trust_cpu=on',
    ...['-serial', `file:${join(folder, 'console.log')}`],
    ...['-device', 'qemu-xhci,id=xhci', '-chardev', `socket,id=usb,path=${join(folder, 'usb.sock')}`],
    ...['-device', 'usb-redir,chardev=usb,bus=xhci.0', '-device', 'virtio-serial-pci'],
    ...['-chardev', `socket,id=control,path=${join(folder, 'control.sock')}`],
    ...['-device', 'virtserialport,chardev=control,name=control'],
    ...share('host', '/'),
    ...share('layer', join(cache, 'layer')),
    ...share('job', folder, ''),
  ];
}

/** The folder with what the guest boots, or why there can be no guest on this computer. */
export function rigCache(): { cache: string } | { missing: string } {
  if (process.platform !== 'linux' || process.arch !== 'x64') return { missing: 'the rig needs Linux on x86-64' };
  const cache =
    process.env.UNBRICK_RIG_CACHE ??
    join(process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? '', '.cache'), 'unbrick-rig');
  try {
    readFileSync(join(cache, 'stamp'));
    execFileSync('qemu-system-x86_64', ['--version'], { stdio: 'ignore' });
    return { cache };
  } catch {
    return { missing: 'QEMU or the guest is not there; rig/setup.sh fetches both' };
  }
}
