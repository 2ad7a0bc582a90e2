import { XflashCommand, XflashShutdown } from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import { UnpluggedError } from '../../device/wire.js';
import { TestPhone } from './testing/host.js';
import { flashBlock } from './testing/words.js';

const request = (isReboot: number, more = {}) =>
  XflashShutdown.build({ isReboot, timeoutMs: 0, async: 0, bootUp: 0, downloadBit: 0, keepRtc: 0, ...more });

describe('SHUTDOWN', () => {
  it('boots after the second status', async () => {
    const phone = await TestPhone.atStage2();
    expect(await phone.exchange(XflashCommand.SHUTDOWN, request(1, { bootUp: 2 }))).toEqual([0, 0]);
    expect(phone.left).toBe('boot');
    expect(phone.log.at(-1)).toMatchObject({ what: 'SHUTDOWN', writes: false, detail: { isReboot: 1, bootUp: 2 } });
  });

  it('waits without the reboot flag, and switches off when the cable is pulled', async () => {
    const phone = await TestPhone.atStage2();
    expect(await phone.exchange(XflashCommand.SHUTDOWN, request(0, { async: 1 }))).toEqual([0, 0]);
    expect(await phone.exchange(XflashCommand.DEVICE_CTRL)).toEqual([]);
    phone.wire.unplug();
    await phone.wire.idle();
    await new Promise((resolve) => setImmediate(resolve));
    expect(phone.left).toBe('off');
  });

  it('answers a 28-byte frame and hangs', async () => {
    const phone = await TestPhone.atStage2();
    const long = new Uint8Array(28);
    long.set(request(1));
    expect(await phone.exchange(XflashCommand.SHUTDOWN, long)).toEqual([0, 0]);
    expect(await phone.exchange(XflashCommand.DEVICE_CTRL)).toEqual([]);
    expect(phone.left).toBeUndefined();
  });
});

describe('a pulled cable', () => {
  it('ends the agent in the middle of a write with UnpluggedError', async () => {
    const phone = await TestPhone.withTable();
    await phone.exchange(XflashCommand.WRITE_DATA, flashBlock(8, 0x2000000, 4096));
    phone.wire.unplug();
    await new Promise((resolve) => setImmediate(resolve));
    expect(phone.failure).toBeInstanceOf(UnpluggedError);
  });
});
