import { describe, expect, it } from 'vitest';
import { Link } from './link.js';
import { findEndpoints } from './usb-interfaces.js';
import { UsbPort } from './usb-port.js';
import type { WebUsbConfiguration, WebUsbDevice, WebUsbInterface } from './web-usb.js';

const bulk = (number: number, packetSize = 512) =>
  (['out', 'in'] as const).map((direction) => ({
    endpointNumber: number,
    direction,
    type: 'bulk' as const,
    packetSize,
  }));
const data = (interfaceNumber: number, endpoint = 1): WebUsbInterface => ({
  interfaceNumber,
  alternate: { interfaceClass: 0x0a, endpoints: bulk(endpoint) },
});
const control = (interfaceNumber: number): WebUsbInterface => ({
  interfaceNumber,
  alternate: {
    interfaceClass: 0x02,
    endpoints: [{ endpointNumber: 3, direction: 'in', type: 'interrupt', packetSize: 64 }],
  },
});
const vendor: WebUsbInterface = {
  interfaceNumber: 2,
  alternate: { interfaceClass: 0xff, endpoints: bulk(4) },
};
const configuration = (...interfaces: WebUsbInterface[]): WebUsbConfiguration => ({
  configurationValue: 1,
  interfaces,
});

describe('findEndpoints', () => {
  it.each([
    ['data first (MUSB)', configuration(data(0), control(1)), { data: 0, control: 1 }],
    ['control first (boot ROM)', configuration(control(0), data(1)), { data: 1, control: 0 }],
    ['a third interface (LG)', configuration(control(0), vendor, data(1, 2)), { data: 1, control: 0, in: 2, out: 2 }],
    ['no control interface left', configuration(data(1)), { data: 1, control: 1 }],
    ['no interface of the data class', configuration(vendor), { data: 2, control: 2, in: 4 }],
  ])('finds the serial port: %s', (_, described, found) => {
    expect(findEndpoints(described)).toMatchObject({ packetSize: 512, ...found });
  });

  it('says what is there when nothing fits', () => {
    expect(() => findEndpoints(configuration(control(0)))).toThrow(
      expect.objectContaining({
        code: 'USB_NO_DATA_INTERFACE',
        evidence: ['interface 0: class 2, 1 endpoints'],
      }),
    );
  });
});

/** A device whose phone sends chunks: a transfer ends with a short packet or when it is full, otherwise it waits. */
class FakeDevice implements WebUsbDevice {
  vendorId = 0x0e8d;
  productId = 0x2000;
  opened = false;
  configuration: WebUsbConfiguration | null = null;
  readonly calls: string[] = [];
  readonly sent: number[][] = [];
  readonly transfers: number[] = [];
  chunks: Uint8Array[] = [];
  #end: (cause: Error) => void = () => {};

  open = async () => {
    this.opened = true;
  };
  close = async () => {
    this.opened = false;
    this.#end(Object.assign(new Error('The transfer was cancelled.'), { name: 'AbortError' }));
  };
  selectConfiguration = async () => {
    this.configuration = configuration(data(0), control(1));
  };
  claimInterface = async (number: number) => {
    this.calls.push(`claim ${number}`);
    if (number === 1) throw new Error('a driver holds it');
  };
  controlTransferOut = async ({ request, value, index }: { request: number; value: number; index: number }) => {
    this.calls.push(`request ${request.toString(16)} ${value} ${index}`);
    throw new Error('stall');
  };
  transferOut = async (_endpoint: number, bytes: Uint8Array) => {
    this.sent.push([...bytes]);
    return { bytesWritten: bytes.length, status: 'ok' };
  };

  async transferIn(_endpoint: number, length: number) {
    this.transfers.push(length);
    const filled: number[] = [];
    while (filled.length < length) {
      const chunk = this.chunks.shift();
      if (!chunk) return new Promise<never>((_, reject) => (this.#end = reject));
      const part = chunk.subarray(0, length - filled.length);
      filled.push(...part);
      if (part.length < chunk.length) this.chunks.unshift(chunk.subarray(part.length));
      else if (chunk.length % 512 !== 0) break;
    }
    return { data: new DataView(Uint8Array.from(filled).buffer), status: 'ok' };
  }

  unplug(): void {
    this.#end(new Error('The device was disconnected.'));
  }
}

async function connected() {
  const device = new FakeDevice();
  const port = await UsbPort.open(device, 'usb:1-1', '1-1');
  return { device, port, link: new Link(port) };
}

describe('UsbPort', () => {
  it('takes what it can of the device and sets the serial port up, whatever is refused', async () => {
    const { device, port } = await connected();
    expect(port).toMatchObject({ name: 'usb:1-1', busPath: '1-1', identity: { vendorId: 0x0e8d, productId: 0x2000 } });
    expect(device.calls).toEqual(['claim 0', 'claim 1', 'request 20 0 1', 'request 22 3 1']);
  });

  it('closes the device when it cannot have the data interface', async () => {
    const device = new FakeDevice();
    device.claimInterface = () => Promise.reject(new Error('busy'));
    await expect(UsbPort.open(device, 'usb:1-1')).rejects.toThrow('busy');
    expect(device.opened).toBe(false);
  });

  it('reads data that ends at a packet border, which nothing marks', async () => {
    const { device, link } = await connected();
    device.chunks = [Uint8Array.of(1, 2), new Uint8Array(512 * 5), new Uint8Array(1024)];
    const options = { timeoutMs: 1000, what: 'the data' };
    expect([...(await link.read(2, options))]).toEqual([1, 2]);
    expect((await link.read(512 * 5, options)).length).toBe(512 * 5);
    expect((await link.read(1024, options)).length).toBe(1024);
    // One packet while nothing flows, the rest at once.
    expect(device.transfers.slice(0, 3)).toEqual([512, 512, 512 * 4]);
  });

  it('keeps what comes after a read was aborted', async () => {
    const { device, port } = await connected();
    const stop = new AbortController();
    const reading = port.receive(stop.signal);
    stop.abort(new Error('stop'));
    await expect(reading).rejects.toThrow('stop');
    device.unplug();
    expect(await port.receive()).toBeNull();
  });

  it('splits long sends and tells a transfer that ended early', async () => {
    const { device, port } = await connected();
    await port.send(new Uint8Array((1 << 20) + 3));
    expect(device.sent.map((part) => part.length)).toEqual([1 << 20, 3]);
    device.transferOut = async () => ({ bytesWritten: 1, status: 'stall' });
    await expect(port.send(new Uint8Array(2))).rejects.toThrow('1 of 2 bytes, stall');
  });

  it('ends a receive when it is closed', async () => {
    const { port } = await connected();
    const reading = port.receive();
    await port.close();
    expect(await reading).toBeNull();
  });
});
