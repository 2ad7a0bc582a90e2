import { UnbrickError, type WebUsbConfiguration, type WebUsbDevice, type WebUsbSetup } from '@unbrick/core';

/** Longest pause of a phone in taking data. */
const STALL_MS = 30_000;
const CONTROL_MS = 1000;
const NOT_BEGUN_MS = 500;

type NativeResult = { status?: string | undefined };

/** A device of the library: WebUSB with time limits in ms, and with what WebUSB does not tell. */
export interface NativeDevice {
  readonly vendorId: number;
  readonly productId: number;
  readonly bus: string;
  readonly address: number;
  readonly ports: readonly number[];
  readonly opened: boolean;
  readonly configuration?: WebUsbConfiguration | undefined;
  open(): Promise<void>;
  close(): Promise<void>;
  selectConfiguration(value: number): Promise<void>;
  claimInterface(number: number): Promise<void>;
  releaseInterface(number: number): Promise<void>;
  detachKernelDriver(number: number): Promise<void>;
  attachKernelDriver(number: number): Promise<void>;
  controlTransferOut(setup: WebUsbSetup, data: Uint8Array, timeout: number): Promise<NativeResult>;
  transferIn(
    endpoint: number,
    length: number,
    timeout: number,
  ): Promise<NativeResult & { data?: DataView | undefined }>;
  transferOut(endpoint: number, data: Uint8Array, timeout: number): Promise<NativeResult & { bytesWritten: number }>;
}

/** What is used of the library. */
export interface NativeUsb {
  getDevices(): Promise<NativeDevice[]>;
  addEventListener(type: 'connect' | 'disconnect', listener: () => void): void;
  removeEventListener(type: 'connect' | 'disconnect', listener: () => void): void;
}

/** The native USB library. @throws UnbrickError `USB_UNSUPPORTED` */
export async function nativeUsb(): Promise<NativeUsb> {
  try {
    // Loaded only when needed: it is native code, and a computer without it can still use the other ports.
    const { WebUSB } = (await import('usb')).default;
    return new WebUSB({ allowAllDevices: true }) as unknown as NativeUsb;
  } catch (cause) {
    throw new UnbrickError({
      code: 'USB_UNSUPPORTED',
      stage: 'connect',
      message: 'Raw USB cannot be used on this system.',
      evidence: [`the USB library: ${cause instanceof Error ? cause.message : String(cause)}`],
      next: [
        `There is no prebuilt USB library for ${process.platform} on ${process.arch}. Serial devices may work: --port serial:DEVICE`,
      ],
      cause,
    });
  }
}

/** Where a device is plugged in, as Linux names it: bus, then the ports of the hubs on the way. `1-4.2` */
export function busPathOf({ bus, ports, address }: Pick<NativeDevice, 'bus' | 'ports' | 'address'>): string {
  const number = /^\d+$/.test(bus) ? String(Number(bus)) : bus;
  return `${number}-${ports.length > 0 ? ports.join('.') : `a${address}`}`;
}

/** A device of the native library in the shape of WebUSB. Closing waits for the transfers under way to end. */
export class NodeUsbDevice implements WebUsbDevice {
  readonly #native: NativeDevice;
  readonly #claimed: number[] = [];
  /** Interfaces whose system driver had to go. */
  readonly #detached: number[] = [];
  #configuration: WebUsbConfiguration | undefined;
  #reading: Promise<unknown> = Promise.resolve();
  #writing: Promise<unknown> = Promise.resolve();

  constructor(native: NativeDevice) {
    this.#native = native;
  }

  get vendorId(): number {
    return this.#native.vendorId;
  }

  get productId(): number {
    return this.#native.productId;
  }

  get opened(): boolean {
    return this.#native.opened;
  }

  get configuration(): WebUsbConfiguration | undefined {
    // Asked for once: the library refuses while a transfer is under way.
    this.#configuration ??= this.#native.configuration;
    return this.#configuration;
  }

  open(): Promise<void> {
    return this.#native.open();
  }

  selectConfiguration(value: number): Promise<void> {
    this.#configuration = undefined;
    return this.#native.selectConfiguration(value);
  }

  async claimInterface(number: number): Promise<void> {
    try {
      await this.#native.detachKernelDriver(number);
      this.#detached.push(number);
    } catch {
      // No driver has it, or the system does not let go of drivers: claiming tells.
    }
    await this.#native.claimInterface(number);
    this.#claimed.push(number);
  }

  controlTransferOut(setup: WebUsbSetup, data = new Uint8Array(0)): Promise<NativeResult> {
    return this.#native.controlTransferOut(setup, data, CONTROL_MS);
  }

  /** The library cannot end a transfer that waits, and counts its time from the start. */
  async transferIn(
    endpoint: number,
    length: number,
    patienceMs: number,
  ): Promise<NativeResult & { data?: DataView | undefined }> {
    const transfer = begun(() => this.#native.transferIn(endpoint, length, Math.ceil(patienceMs)));
    this.#reading = transfer.catch(() => {});
    try {
      return await transfer;
    } catch (cause) {
      // A transfer of one packet ends with it or without. A longer one has lost what it had.
      if (length <= this.#packetSize(endpoint) && isTimeout(cause)) return { status: 'ok' };
      throw cause;
    }
  }

  async transferOut(endpoint: number, data: Uint8Array): Promise<NativeResult & { bytesWritten: number }> {
    const before = this.#writing;
    // The library takes one transfer at a time.
    const transfer = before.then(() => begun(() => this.#native.transferOut(endpoint, data, STALL_MS)));
    this.#writing = transfer.catch(() => {});
    return transfer;
  }

  async close(): Promise<void> {
    await Promise.all([this.#reading, this.#writing]);
    for (const number of this.#claimed) await this.#native.releaseInterface(number).catch(() => {});
    // A phone that stays gets its serial device back.
    for (const number of this.#detached) await this.#native.attachKernelDriver(number).catch(() => {});
    await this.#native.close().catch(() => {});
  }

  #packetSize(endpoint: number): number {
    const endpoints = this.configuration?.interfaces.flatMap((each) => each.alternate.endpoints);
    return endpoints?.find((each) => each.direction === 'in' && each.endpointNumber === endpoint)?.packetSize ?? 64;
  }
}

/**
 * Begins a transfer again that the library has refused to begin: an endpoint whose last transfer has run out of time is back
 * only a moment later, and some calls keep others away while they last.
 */
async function begun<T>(begin: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + NOT_BEGUN_MS;
  for (;;) {
    try {
      return await begin();
    } catch (cause) {
      if (!/endpoint not found|borrowed/.test(String(cause)) || performance.now() > deadline) throw cause;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

function isTimeout(cause: unknown): boolean {
  return /cancel|time/i.test(cause instanceof Error ? cause.message : '');
}
