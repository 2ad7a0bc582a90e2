import { ascii, concat, encode, hexBytes, u32, XflashCommand, XflashEnvironment } from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import { frame, TestPhone, type TestPhoneOptions } from './testing/host.js';
import { flashBlock } from './testing/words.js';

const SYNC = 0x434e5953;
const OVERFLOW = 0xc0010006;

const environment = (logLevel = 2, logChannel = 1, systemOs = 1) =>
  XflashEnvironment.build({ logLevel, logChannel, systemOs, ufsProvision: 0, reserved: 0 });

/** The raw start byte is taken; the agent waits for SYNC. */
async function started(options: TestPhoneOptions = {}): Promise<TestPhone> {
  const phone = TestPhone.fromReset(options);
  await phone.wire.idle();
  expect(phone.wire.sent.splice(0).map(hexBytes)).toEqual(['c0']);
  return phone;
}

async function silent(phone: TestPhone): Promise<void> {
  expect(await phone.exchange(SYNC, XflashCommand.DEVICE_CTRL)).toEqual([]);
  expect(phone.failure).toBeUndefined();
}

describe('start-up of stage 1', () => {
  it('follows the sample session to the ready mark', async () => {
    const phone = await started();
    expect(await phone.exchange(SYNC)).toEqual([]);
    expect(await phone.exchange(XflashCommand.SETUP_ENVIRONMENT)).toEqual([]);
    expect(await phone.exchange(environment())).toEqual([0]);
    expect(await phone.exchange(XflashCommand.SETUP_HW_INIT_PARAMS)).toEqual([]);
    expect(await phone.exchange(0)).toEqual([0, SYNC]);
    expect(await phone.exchange(XflashCommand.DEVICE_CTRL, 0x040011)).toEqual([0, 0xc0010004]);
    expect(await phone.exchange(XflashCommand.DEVICE_CTRL, 0x04000a)).toEqual([0, 0, ascii('preloader'), 0]);
  });

  it('reads its frames from any cut of the byte stream', async () => {
    const phone = await started({ bootedBy: 'brom' });
    const bytes = concat(
      ...[SYNC, XflashCommand.SETUP_ENVIRONMENT].map((word) => frame(encode(u32, 'little', word))),
      frame(environment()),
      ...[XflashCommand.SETUP_HW_INIT_PARAMS, 0].map((word) => frame(encode(u32, 'little', word))),
    );
    for (const byte of bytes) phone.wire.feed(Uint8Array.of(byte));
    expect((await phone.frames()).map(hexBytes)).toEqual(['00000000', '00000000', '53594e43']);
    // "brom" has four letters and so looks like a word here.
    expect(await phone.exchange(XflashCommand.DEVICE_CTRL, 0x04000a)).toEqual([0, 0, 0x6d6f7262, 0]);
  });

  it('takes hardware blocks before the one status', async () => {
    const phone = await started();
    await phone.exchange(SYNC, XflashCommand.SETUP_ENVIRONMENT, environment(), XflashCommand.SETUP_HW_INIT_PARAMS);
    expect(await phone.exchange(2, 24, new Uint8Array(24), 12)).toEqual([]);
    expect(await phone.exchange(new Uint8Array(12))).toEqual([0, SYNC]);
  });

  it('dies without a word when the first frame is not SYNC', async () => {
    const phone = await started();
    expect(await phone.exchange(XflashCommand.SETUP_ENVIRONMENT)).toEqual([]);
    await silent(phone);
  });

  it('answers 0 and dies when a setup code is wrong', async () => {
    const phone = await started();
    expect(await phone.exchange(SYNC, XflashCommand.DEVICE_CTRL)).toEqual([0]);
    await silent(phone);
  });

  it('tells of a too long environment once, then dies', async () => {
    const phone = await started();
    await phone.exchange(SYNC, XflashCommand.SETUP_ENVIRONMENT);
    expect(await phone.exchange(new Uint8Array(24))).toEqual([OVERFLOW]);
    await silent(phone);
  });

  it('takes a shorter environment', async () => {
    const phone = await started();
    await phone.exchange(SYNC, XflashCommand.SETUP_ENVIRONMENT);
    expect(await phone.exchange(environment().subarray(0, 12))).toEqual([0]);
  });

  it('mixes log frames in when the log channel has the USB bit, unless the level is above info', async () => {
    for (const [level, expected] of [
      [2, true],
      [4, false],
    ] as const) {
      const phone = await started();
      await phone.exchange(SYNC, XflashCommand.SETUP_ENVIRONMENT);
      phone.wire.feed(
        frame(environment(level, 3)),
        frame(encode(u32, 'little', XflashCommand.SETUP_HW_INIT_PARAMS)),
        frame(new Uint8Array(4)),
      );
      const logs = (await phone.allFrames()).filter(({ type }) => type === 2);
      expect(logs.length > 0).toBe(expected);
      for (const { payload } of logs) expect(hexBytes(payload)).toMatch(/^01000000([2-7].)+0d0a$/);
    }
  });
});

describe('stage 1 does not know storage commands', () => {
  it.each([XflashCommand.WRITE_DATA, XflashCommand.DOWNLOAD, XflashCommand.FORMAT])('%s', async (code) => {
    const phone = await started();
    await phone.exchange(SYNC, XflashCommand.SETUP_ENVIRONMENT, environment(), XflashCommand.SETUP_HW_INIT_PARAMS, 0);
    expect(await phone.exchange(code)).toEqual([0xc0010003]);
  });

  it('but builds of 2020 for this chip read', async () => {
    const phone = await started();
    await phone.exchange(SYNC, XflashCommand.SETUP_ENVIRONMENT, environment(), XflashCommand.SETUP_HW_INIT_PARAMS, 0);
    const answers = await phone.exchange(XflashCommand.READ_DATA, flashBlock(8, 0, 0x2000));
    // Packets of stage 1 hold 0x1000 bytes.
    expect(answers).toEqual([0, 0, 0, new Uint8Array(0x1000)]);
    expect(await phone.exchange(0, 0)).toEqual([0, new Uint8Array(0x1000), 0]);
  });
});
