import type { Observe } from './observation.js';

/** USB identity of the device behind a port, where the port knows it. */
export interface PortIdentity {
  vendorId: number;
  productId: number;
}

/** What a reader waits for; ports with transfers of a set length and duration are the better for knowing it. */
export interface ReadNeed {
  /** Bytes that are sure to be needed; fewer or more may be given. */
  bytes: number;
  /** How long the reader waits, ms. */
  patienceMs: number;
}

/**
 * What a transport brings: an ordered pipe of bytes to a device that may go away at any moment.
 * Implementations: serial and TCP (packages/cli), the virtual phone in the same process (packages/phone).
 */
export interface Port {
  /** For people and logs: `tcp:127.0.0.1:7001`, `serial:/dev/ttyACM0`. */
  readonly name: string;
  readonly identity?: PortIdentity;
  /** Where the device is plugged in, when the port knows it: the same phone keeps it while its identity changes. */
  readonly busPath?: string;
  /**
   * The next bytes from the device, in order; `null` once the device is gone and all its bytes were given. None at all only
   * when nothing came for `need.patienceMs`, which a port may take notice of or not. Rejects with the signal's reason when
   * aborted, without losing bytes. One call at a time.
   */
  receive(signal?: AbortSignal, need?: ReadNeed): Promise<Uint8Array | null>;
  /**
   * Resolves when the bytes are accepted by the transport (back-pressure). The caller does not change them before that.
   * Rejects when the device is gone.
   */
  send(bytes: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** Lets go of the device. Safe to call twice. */
  close(): Promise<void>;
}

/** A place where a phone may show up, again and again: a TCP address, a named serial device, any MediaTek USB device. */
export interface PortSource {
  readonly name: string;
  /**
   * Waits for a device and opens it. Rejects with the signal's reason when aborted.
   * `previous` is the port that has just gone away: the source may use it to follow the same phone. `observe` is told what is
   * seen meanwhile, by sources that see more than their own port.
   */
  open(signal: AbortSignal, previous?: Port, observe?: Observe): Promise<Port>;
}
