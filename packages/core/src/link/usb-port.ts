import { abortable } from './abortable.js';
import type { Port, PortIdentity, ReadNeed } from './port.js';
import { findEndpoints, type UsbEndpoints } from './usb-interfaces.js';
import type { WebUsbDevice } from './web-usb.js';

const SET_LINE_CODING = 0x20;
const SET_CONTROL_LINE_STATE = 0x22;
/** 921600 8N1: any line coding tells a preloader that a tool is there. */
const LINE_CODING = Uint8Array.of(0x00, 0x10, 0x0e, 0x00, 0x00, 0x00, 0x08);
const DTR_AND_RTS = 3;
/** Longest single transfers, bytes: enough for full speed, small enough to be held in memory by every system. */
const LONGEST_IN = 64 * 1024;
const LONGEST_OUT = 1024 * 1024;
/** A wait may outlive the reader who began it: the next one takes over. Ending waits all the time costs more. */
const SHORTEST_WAIT_MS = 250;
/** How long an answer is waited for before anybody reads. Closing has to wait for the rest of it. */
const AHEAD_MS = 1000;
/** Longest pause of a phone in the middle of its data. */
const STALL_MS = 30_000;
const NOTHING_SPECIAL: ReadNeed = { bytes: 1, patienceMs: 0 };

/**
 * A phone on raw USB, past the system's serial driver. Written against WebUSB, so that it serves the browser as well.
 */
export class UsbPort implements Port {
  readonly name: string;
  readonly identity: PortIdentity;
  readonly busPath?: string;
  readonly #device: WebUsbDevice;
  readonly #endpoints: UsbEndpoints;
  #reading: Promise<Uint8Array | null> | undefined;
  /** The last transfer was full: the phone is in the middle of sending. */
  #flowing = false;
  #closing: Promise<void> | undefined;

  private constructor(name: string, device: WebUsbDevice, endpoints: UsbEndpoints, busPath: string | undefined) {
    this.name = name;
    this.identity = { vendorId: device.vendorId, productId: device.productId };
    if (busPath !== undefined) this.busPath = busPath;
    this.#device = device;
    this.#endpoints = endpoints;
  }

  /**
   * Opens the device, takes its interfaces and sets the serial port up.
   * @throws UnbrickError `USB_NO_DATA_INTERFACE`; whatever the device throws when it cannot be opened or taken
   */
  static async open(device: WebUsbDevice, name: string, busPath?: string): Promise<UsbPort> {
    await device.open();
    try {
      if (!device.configuration) await device.selectConfiguration(1);
      const { configuration } = device;
      if (!configuration) throw new Error('the device has no configuration');
      const endpoints = findEndpoints(configuration);
      // The data interface must be ours. The control interface is asked as far as it can be had.
      await device.claimInterface(endpoints.data);
      if (endpoints.control !== endpoints.data) await device.claimInterface(endpoints.control).catch(() => {});
      await setUpSerialPort(device, endpoints.control);
      return new UsbPort(name, device, endpoints, busPath);
    } catch (cause) {
      await device.close().catch(() => {});
      throw cause;
    }
  }

  async receive(signal?: AbortSignal, need: ReadNeed = NOTHING_SPECIAL): Promise<Uint8Array | null> {
    signal?.throwIfAborted();
    // A receive that was aborted goes on in the background; its bytes are for the next one.
    this.#reading ??= this.#read(need);
    const chunk = await abortable(this.#reading, signal);
    this.#reading = undefined;
    return chunk;
  }

  async send(bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    // A preloader gives up an answer that nobody asks for within 300 ms, so the question comes first.
    this.#reading ??= this.#read({ bytes: 1, patienceMs: AHEAD_MS });
    this.#reading.catch(() => {});
    for (let offset = 0; offset < bytes.length; offset += LONGEST_OUT) {
      signal?.throwIfAborted();
      const part = bytes.subarray(offset, offset + LONGEST_OUT);
      const sending = this.#device.transferOut(this.#endpoints.out, part);
      const { status, bytesWritten } = await abortable(sending, signal);
      if ((status ?? 'ok') !== 'ok' || bytesWritten < part.length) {
        throw new Error(`USB transfer to the phone ended early: ${bytesWritten} of ${part.length} bytes, ${status}`);
      }
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#device.close();
    return this.#closing;
  }

  async #read({ bytes, patienceMs }: ReadNeed): Promise<Uint8Array | null> {
    const { packetSize } = this.#endpoints;
    try {
      // Never more than the phone has to send: it does not end its data with an empty packet, so a longer transfer would not
      // end. And never long ones while nothing comes: those cannot be taken back without loss.
      const packets = this.#flowing ? Math.max(1, Math.ceil(Math.min(bytes, LONGEST_IN) / packetSize)) : 1;
      const length = packets * packetSize;
      const patience = this.#flowing ? STALL_MS : Math.max(patienceMs, SHORTEST_WAIT_MS);
      const { data, status } = await this.#device.transferIn(this.#endpoints.in, length, patience);
      this.#flowing = data?.byteLength === length;
      if ((status ?? 'ok') !== 'ok') throw new Error(`USB transfer from the phone failed: ${status}`);
      return data ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(0);
    } catch (cause) {
      if (this.#closing || isGone(cause)) return null;
      throw cause;
    }
  }
}

/** Errors are passed over: some devices refuse one or the other request and work all the same. */
async function setUpSerialPort(device: WebUsbDevice, control: number): Promise<void> {
  const setup = { requestType: 'class', recipient: 'interface', index: control } as const;
  await device.controlTransferOut({ ...setup, request: SET_LINE_CODING, value: 0 }, LINE_CODING).catch(() => {});
  await device
    .controlTransferOut({ ...setup, request: SET_CONTROL_LINE_STATE, value: DTR_AND_RTS }, new Uint8Array(0))
    .catch(() => {});
}

/** What browsers and native libraries say about a device that was unplugged or has dropped off the bus. */
function isGone(cause: unknown): boolean {
  const { name, message } = cause as Error;
  return name === 'NotFoundError' || /disconnect|no (such )?device|ENODEV/i.test(message ?? '');
}
