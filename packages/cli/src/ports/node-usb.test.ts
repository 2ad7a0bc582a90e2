import type { WebUsbConfiguration } from '@unbrick/core';
import { describe, expect, it } from 'vitest';
import { busPathOf, type NativeDevice, NodeUsbDevice } from './node-usb.js';

const CONFIGURATION: WebUsbConfiguration = {
  configurationValue: 1,
  interfaces: [
    {
      interfaceNumber: 0,
      alternate: {
        interfaceClass: 10,
        endpoints: [
          { endpointNumber: 1, direction: 'in', type: 'bulk', packetSize: 512 },
          { endpointNumber: 1, direction: 'out', type: 'bulk', packetSize: 512 },
        ],
      },
    },
  ],
};

/** A device of the library, which refuses to be closed while a transfer is under way, as the real one does. */
function nativeDevice(answers: (Uint8Array | 'silence')[]) {
  const calls: string[] = [];
  let busy = 0;
  const native: NativeDevice = {
    vendorId: 0x0e8d,
    productId: 0x0003,
    bus: '001',
    address: 5,
    ports: [4, 2],
    opened: true,
    configuration: CONFIGURATION,
    open: async () => {},
    close: async () => {
      if (busy > 0) throw new Error('borrowed');
      calls.push('close');
    },
    selectConfiguration: async () => {},
    claimInterface: async (number) => void calls.push(`claim ${number}`),
    releaseInterface: async (number) => void calls.push(`release ${number}`),
    detachKernelDriver: async (number) => {
      if (number !== 0) throw new Error('no kernel driver attached (errno 61)');
    },
    attachKernelDriver: async (number) => void calls.push(`attach ${number}`),
    controlTransferOut: async () => ({ status: 'ok' }),
    transferIn: async (_endpoint, length, timeout) => {
      calls.push(`in ${length} ${timeout > 1000 ? 'patient' : 'short'}`);
      busy++;
      await new Promise((resolve) => setTimeout(resolve, 2));
      busy--;
      const answer = answers.shift() ?? 'silence';
      if (answer === 'silence') throw new Error('transferIn error: Cancelled');
      return { data: new DataView(answer.buffer), status: 'ok' };
    },
    transferOut: async (_endpoint, data) => {
      if (busy > 10) throw new Error('endpoint not found');
      return { bytesWritten: data.length, status: 'ok' };
    },
  };
  return { native, calls };
}

describe('NodeUsbDevice', () => {
  it('ends a wait without data, which loses nothing', async () => {
    const { native, calls } = nativeDevice(['silence', Uint8Array.of(7)]);
    const device = new NodeUsbDevice(native);
    expect(await device.transferIn(1, 512, 250)).toEqual({ status: 'ok' });
    const { data } = await device.transferIn(1, 512, 250);
    expect(data?.getUint8(0)).toBe(7);
    expect(calls).toEqual(['in 512 short', 'in 512 short']);
  });

  it('waits for an endpoint that the library has not got back yet', async () => {
    const { native } = nativeDevice([Uint8Array.of(7)]);
    const transferIn = native.transferIn;
    let refusals = 2;
    native.transferIn = (...transfer) =>
      refusals-- > 0 ? Promise.reject(new Error('transferIn error: endpoint not found')) : transferIn(...transfer);
    const { data } = await new NodeUsbDevice(native).transferIn(1, 512, 250);
    expect(data?.getUint8(0)).toBe(7);
  });

  it('tells that a long transfer was cut off, which loses bytes', async () => {
    const { native } = nativeDevice(['silence']);
    await expect(new NodeUsbDevice(native).transferIn(1, 4096, 30_000)).rejects.toThrow('Cancelled');
  });

  it('closes after the transfer that waits, and gives the interfaces back to the drivers that had them', async () => {
    const { native, calls } = nativeDevice([]);
    const device = new NodeUsbDevice(native);
    await device.claimInterface(0);
    await device.claimInterface(1);
    const reading = device.transferIn(1, 512, 250);
    await device.close();
    expect(await reading).toEqual({ status: 'ok' });
    expect(calls.filter((call) => !call.startsWith('in'))).toEqual([
      'claim 0',
      'claim 1',
      'release 0',
      'release 1',
      'attach 0',
      'close',
    ]);
  });
});

describe('busPathOf', () => {
  it('names a place on the bus as Linux does', () => {
    expect(busPathOf({ bus: '001', ports: [4, 2], address: 5 })).toBe('1-4.2');
    expect(busPathOf({ bus: '020', ports: [], address: 5 })).toBe('20-a5');
  });
});
