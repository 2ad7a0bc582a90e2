import { readSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { AutoDetectTypes, LinuxPortBinding } from '@serialport/bindings-cpp';
import { abortable, type Port, type PortIdentity, type PortSource, UnbrickError } from '@unbrick/core';
import { BusWatch } from './bus-watch.js';
import { pause } from './pause.js';
import { portBusy, portFailed, portForbidden, portGone, serialUnsupported } from './port-errors.js';
import { holderText, portHolders, runningGrabbers } from './port-holders.js';
import { tellRefusal } from './tell-refusal.js';
import { thisUsbSystem } from './usb-system.js';

/** Nominal: CDC-ACM ignores it, and any line coding tells a preloader that a tool is there. */
const BAUD_RATE = 921_600;
/** The most bytes handed up at once. */
const CHUNK = 64 * 1024;
/** Linux hands out at most this much of a tty's buffer at a time; a full portion means there may be more. */
const TTY_PORTION = 4095;
/** Milliseconds between two looks for a named device that is not there. */
const LOOK_MS = 20;
/** A fresh device node belongs to root until udev has given it away, which takes some milliseconds. */
const UDEV_MS = 1000;
/** A program that looks at every new device (ModemManager) may let go at once or keep it for long. */
const BUSY_MS = 150;

type PosixBinding = Pick<LinuxPortBinding, 'fd' | 'poller'>;
type OpenBinding = Awaited<ReturnType<AutoDetectTypes['open']>>;

/** A serial device, opened for us alone. */
export class SerialPort implements Port {
  readonly name: string;
  readonly identity?: PortIdentity;
  readonly #binding: OpenBinding;
  #closing: Promise<void> | undefined;
  #buffer = Buffer.alloc(0);
  #reading: Promise<Uint8Array | null> | undefined;

  constructor(binding: OpenBinding, path: string, identity?: PortIdentity) {
    this.#binding = binding;
    this.name = `serial:${path}`;
    if (identity) this.identity = identity;
  }

  async receive(signal?: AbortSignal): Promise<Uint8Array | null> {
    signal?.throwIfAborted();
    // A receive that was aborted goes on in the background; its bytes are for the next one.
    this.#reading ??= this.#read();
    const chunk = await abortable(this.#reading, signal);
    this.#reading = undefined;
    return chunk;
  }

  async send(bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const written = this.#binding.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    await abortable(written, signal);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (!this.#binding.isOpen) return;
    // Otherwise closing waits up to 30 s for a silent phone to take what was written.
    await this.#binding.flush().catch(() => {});
    await this.#binding.close().catch(() => {});
  }

  async #read(): Promise<Uint8Array | null> {
    try {
      return 'poller' in this.#binding
        ? await this.#readPosix(this.#binding as LinuxPortBinding)
        : await this.#readAny();
    } catch (error) {
      if (this.#closing || isGone(error)) return null;
      throw error;
    }
  }

  /**
   * The binding's own read would spin for ever on an unplugged device, which reads as "no bytes, no error"; and takes two
   * trips to the thread pool a portion.
   */
  async #readPosix(binding: PosixBinding): Promise<Uint8Array | null> {
    for (;;) {
      if (binding.fd === null) return null;
      const filled = this.#drain(binding.fd);
      if (filled === null) return null;
      if (filled.length > 0) return filled;
      await new Promise<void>((resolve, reject) => {
        binding.poller.once('readable', (error) => (error ? reject(error) : resolve()));
      });
    }
  }

  /** All that has arrived, up to a chunk; empty when nothing has; null when the device is gone. */
  #drain(fd: number): Uint8Array | null {
    if (this.#buffer.length < TTY_PORTION) this.#buffer = Buffer.allocUnsafeSlow(CHUNK);
    let filled = 0;
    while (filled < this.#buffer.length) {
      let count: number;
      try {
        count = readSync(fd, this.#buffer, filled, this.#buffer.length - filled, null);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EAGAIN' || code === 'EWOULDBLOCK' || code === 'EINTR') break;
        if (filled > 0) break;
        throw error;
      }
      if (count === 0) {
        if (filled === 0) return null;
        break;
      }
      filled += count;
      if (count < TTY_PORTION) break;
    }
    const chunk = this.#buffer.subarray(0, filled);
    this.#buffer = this.#buffer.subarray(filled);
    return chunk;
  }

  async #readAny(): Promise<Uint8Array | null> {
    const buffer = Buffer.allocUnsafeSlow(CHUNK);
    const { bytesRead } = await this.#binding.read(buffer, 0, buffer.length);
    // Small answers must not each keep a large buffer alive.
    return bytesRead > CHUNK / 2 ? buffer.subarray(0, bytesRead) : Uint8Array.from(buffer.subarray(0, bytesRead));
  }
}

/** The serial library's binding for this system. @throws UnbrickError `PORT_UNSUPPORTED` */
export async function serialBinding(): Promise<AutoDetectTypes> {
  try {
    // Loaded only when needed: it is native code, and a computer without it can still use the other ports.
    return (await import('@serialport/bindings-cpp')).autoDetect();
  } catch (cause) {
    throw serialUnsupported(cause);
  }
}

/**
 * Opens a serial device exclusively.
 * @throws UnbrickError `PORT_BUSY`, `PORT_PERMISSION`, `PORT_FAILED`, `PORT_UNSUPPORTED`, or `PORT_GONE` when there is no
 *   such device (any more)
 */
export async function openSerialPort(path: string, identity?: PortIdentity): Promise<SerialPort> {
  const binding = await serialBinding();
  try {
    return new SerialPort(await binding.open({ path, baudRate: BAUD_RATE }), path, identity);
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    if (/no such (file|device)|file not found|ENOENT|ENXIO|ENODEV/i.test(text)) throw portGone(path, cause);
    if (/cannot lock|busy|temporarily unavailable|EBUSY/i.test(text)) throw portBusy(path, cause);
    // Windows says "access denied" for a port that another program holds.
    if (/access denied/i.test(text)) throw portBusy(path, cause);
    if (/permission|EACCES|EPERM/i.test(text)) throw portForbidden(path, cause);
    throw portFailed(path, cause);
  }
}

/**
 * As {@link openSerialPort}, giving udev the time to hand over a device that has just appeared. Throws `PORT_GONE` when the
 * device disappears meanwhile.
 */
export async function openFreshSerialPort(
  path: string,
  signal: AbortSignal,
  identity?: PortIdentity,
): Promise<SerialPort> {
  const started = performance.now();
  for (;;) {
    try {
      return await openSerialPort(path, identity);
    } catch (error) {
      if (!(error instanceof UnbrickError) || error.code === 'PORT_GONE' || error.code === 'PORT_UNSUPPORTED')
        throw error;
      // Opening a device that is just going away fails in many ways.
      if (process.platform !== 'win32' && !(await exists(path))) throw portGone(path, error);
      const patience = error.code === 'PORT_BUSY' ? BUSY_MS : UDEV_MS;
      if (performance.now() - started > patience) {
        throw error.code === 'PORT_BUSY' ? error.with({ evidence: await heldBy(path) }) : error;
      }
      await pause(LOOK_MS, signal);
    }
  }
}

/** One named serial device, opened whenever it is there. */
export function serialSource(path: string): PortSource {
  return {
    name: `serial:${path}`,
    async open(signal, _previous, observe) {
      const bus = new BusWatch(thisUsbSystem(), observe);
      for (;;) {
        signal.throwIfAborted();
        if (observe) await bus.look();
        // Windows device names are not files: there only opening tells.
        if (process.platform === 'win32' || (await exists(path))) {
          try {
            const port = await openFreshSerialPort(path, signal);
            observe?.({ kind: 'opened', port: port.name });
            return port;
          } catch (error) {
            tellRefusal(error, path, observe);
            if (!(error instanceof UnbrickError && error.code === 'PORT_GONE')) throw error;
          }
        }
        await pause(LOOK_MS, signal);
      }
    },
  };
}

async function heldBy(path: string): Promise<string[]> {
  const holders = await portHolders(path);
  if (holders.length > 0) return holders.map((holder) => `held by ${holderText(holder)}`);
  return (await runningGrabbers()).map(
    (grabber) => `probably held by ${holderText(grabber)}: it is running and opens every new serial port`,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function isGone(error: unknown): boolean {
  const { code, canceled, disconnect } = error as NodeJS.ErrnoException & { canceled?: boolean; disconnect?: boolean };
  if (canceled || disconnect) return true;
  if (code === 'EIO' || code === 'ENXIO' || code === 'ENODEV' || code === 'EBADF') return true;
  // The poller reports a device that hung up without a code; Windows names the operation that was cut off.
  return /bad file descriptor|operation aborted|access denied|device.*(not|does not)/i.test(
    error instanceof Error ? error.message : '',
  );
}
