import type { DeviceFacts, InterfaceFacts } from './descriptors.js';

/** The eight bytes that begin a control transfer. */
export interface UsbSetup {
  requestType: number;
  request: number;
  value: number;
  index: number;
  length: number;
}

/** A device as a USB host sees it, transfer by transfer. */
export interface UsbDevice {
  readonly speed: 'full' | 'high';
  readonly deviceDescriptor: DeviceFacts;
  readonly interfaces: readonly InterfaceFacts[];
  /** The host has chosen the configuration: enumeration is over. */
  configured(): void;
  /** Answers a control transfer: data for IN requests, nothing for OUT requests. */
  control(setup: UsbSetup, data: Uint8Array): Uint8Array | 'stall';
  /**
   * One IN transfer: resolves when `length` bytes are there or a short packet ends it. Rejects when the endpoint stalls
   * or the host cancels, without losing bytes.
   */
  in(endpoint: number, length: number, signal: AbortSignal): Promise<Uint8Array>;
  /** The answer to an IN transfer did not reach the host, which had cancelled it meanwhile: the data are still to be sent. */
  giveBack(endpoint: number, data: Uint8Array): void;
  /** One OUT transfer: resolves when the device has taken the bytes. */
  out(endpoint: number, data: Uint8Array, signal: AbortSignal): Promise<void>;
}

/** One port of a USB host. */
export interface UsbBus {
  attach(device: UsbDevice): Promise<void>;
  /** Takes the device off; nothing happens when there is none. */
  detach(): Promise<void>;
}
