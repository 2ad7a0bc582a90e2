/**
 * The part of the WebUSB interface that reaching a phone needs: `navigator.usb` in a browser has it, and native USB
 * libraries can be dressed in it. Declared here because this package knows neither of them.
 */
export interface WebUsbDevice {
  readonly vendorId: number;
  readonly productId: number;
  readonly opened: boolean;
  readonly configuration?: WebUsbConfiguration | null | undefined;
  open(): Promise<void>;
  /** Ends pending transfers. */
  close(): Promise<void>;
  selectConfiguration(configurationValue: number): Promise<void>;
  claimInterface(interfaceNumber: number): Promise<void>;
  controlTransferOut(setup: WebUsbSetup, data?: Uint8Array): Promise<{ status?: string | undefined }>;
  /**
   * Browsers wait as long as it takes, and end the wait when the device is closed. A native library that cannot do that ends
   * it without data when nothing came for `patienceMs`.
   */
  transferIn(
    endpointNumber: number,
    length: number,
    patienceMs?: number,
  ): Promise<{ data?: DataView | undefined; status?: string | undefined }>;
  transferOut(endpointNumber: number, data: Uint8Array): Promise<{ bytesWritten: number; status?: string | undefined }>;
}

export interface WebUsbSetup {
  requestType: 'standard' | 'class' | 'vendor';
  recipient: 'device' | 'interface' | 'endpoint' | 'other';
  request: number;
  value: number;
  index: number;
}

export interface WebUsbConfiguration {
  readonly configurationValue: number;
  readonly interfaces: readonly WebUsbInterface[];
}

export interface WebUsbInterface {
  readonly interfaceNumber: number;
  readonly alternate: {
    readonly interfaceClass: number;
    readonly endpoints: readonly WebUsbEndpoint[];
  };
}

export interface WebUsbEndpoint {
  readonly endpointNumber: number;
  readonly direction: 'in' | 'out';
  readonly type: 'bulk' | 'interrupt' | 'isochronous';
  readonly packetSize: number;
}
