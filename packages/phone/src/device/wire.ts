/**
 * The device's end of the cable. Reads wait for ever, as firmware does; they reject with {@link UnpluggedError} when the
 * host lets go, the phone is reset, or the phone itself drops off the bus.
 */
export interface DeviceWire {
  /** Exactly `count` bytes from the host. */
  read(count: number): Promise<Uint8Array>;
  /** Up to `limit` bytes, at least one, as they come. For bulk data that need not be assembled. */
  readSome(limit: number): Promise<Uint8Array>;
  /** Up to `limit` bytes that come within `timeoutMs`, empty when none do. For listening windows. */
  readWithin(timeoutMs: number, limit: number): Promise<Uint8Array>;
  /** Each call is one USB transfer: one reply item. Resolves when the host side has taken it (back-pressure, link rate). */
  write(bytes: Uint8Array): Promise<void>;
  /** Drops off the bus and comes back under this product id; resolves when a host has opened the port again. */
  reEnumerate(productId: number): Promise<void>;
}

/** The session is over: cable out, reset, or re-enumeration. Never an error of the phone. */
export class UnpluggedError extends Error {
  override readonly name = 'UnpluggedError';
}

/** How firmware code ends a session by its own will; thrown by stages, caught by the phone. */
export class LeaveBus extends Error {
  override readonly name = 'LeaveBus';
  constructor(
    /** What the phone does next: boot from flash, start again in BROM, or stay off. */
    readonly to: 'boot' | 'brom' | 'off',
  ) {
    super(`the phone leaves the bus: ${to}`);
  }
}

/** Firmware that has hung: it never answers again until the cable is pulled. `await hang(wire)` never resolves normally. */
export async function hang(wire: DeviceWire): Promise<never> {
  for (;;) await wire.readSome(65_536);
}
