import { concat, LegacyGptEntry, sum16 } from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import { LeaveBus } from '../../device/wire.js';
import {
  MT6580_FORMAT_SESSION,
  MT6580_READBACK_SESSION,
  MT6580_SIGNED_ONLY_SESSION,
} from './testing/mt6580-session.fixture.js';
import {
  emiItem,
  fromHex,
  startAgent,
  startStage2,
  sumOf,
  type TestCable,
  toHex,
} from './testing/test-bench.fixture.js';

/** Plays the host's lines and compares the phone's. What stands in braces is looked up. */
async function replay(host: TestCable, script: string, blobs: Record<string, Uint8Array>): Promise<void> {
  let line = 0;
  for (const text of script.split('\n')) {
    line++;
    const direction = text[0];
    if (direction !== '>' && direction !== '<') continue;
    const bytes = concat(
      ...(text.slice(1).match(/\{[^}]*\}|[0-9a-f]{2}/g) ?? []).map((part) => {
        if (part[0] !== '{') return fromHex(part);
        const blob = blobs[part.slice(1, -1)];
        if (!blob) throw new Error(`no bytes for ${part}`);
        return blob;
      }),
    );
    if (direction === '>') host.send(bytes);
    else expect(toHex(await host.receive(bytes.length)), `line ${line}: ${text}`).toBe(toHex(bytes));
  }
}

/** A substitute for bytes the recording leaves out: begins as recorded, and has the recorded sum. */
function filler(length: number, sum: number, start = ''): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(fromHex(start));
  let rest = (sum - sum16(bytes) + 0x10000) & 0xffff;
  for (let i = fromHex(start).length; rest > 0; i++) {
    bytes[i] = Math.min(rest, 0xff);
    rest -= bytes[i] as number;
  }
  return bytes;
}

const TABLE = concat(
  ...Array.from({ length: 30 }, (_, i) =>
    LegacyGptEntry.build({
      name: i === 0 ? 'proinfo' : `part${i}`,
      start: 0x80000 + i * 0x100000,
      size: 0x100000,
      region: 8,
      padding: new Uint8Array(0),
    }),
  ),
);

describe("MediaTek's host with an MT6580, as recorded", () => {
  it('gets its answers from DRAM set-up to the reboot', async () => {
    const { host, storage, log } = startAgent({ bootedBy: 'brom' });
    const emi = concat(
      emiItem(fromHex('15 01 00 46 45 36 32 4d 42')),
      emiItem(fromHex('15 01 00 44 4a 35 42 4d 42')),
      emiItem(fromHex('15 01 00 51 45 36 33 4d 42')),
    );
    const image = filler(0x1234a, 0x133c, '88 16 88 58 9f 41 bd 5b');
    const readBack = new Uint8Array(0x12400);
    readBack.set(image);

    // The report is compared field by field in its own test; here its id may be any.
    const [upToReport, afterReport] = MT6580_FORMAT_SESSION.split('< {report}\n') as [string, string];
    await replay(host, upToReport, {
      emi,
      'emi sum': sumOf(emi),
      'stage 2': new Uint8Array(0x39928),
      '57 packets': new Uint8Array(57).fill(0x5a),
    });
    expect(toHex(await host.receive(236))).toMatch(/^00 00 0b c7 .* 00 0c 0b 00 00 04 09 c1$/);
    await replay(host, afterReport, {
      'secure usb': concat(fromHex('00 00 17 99'), new Uint8Array(277)),
      table: TABLE,
      image,
      'image read back': concat(readBack, sumOf(readBack)),
      '1 KiB of zeros': new Uint8Array(0x400),
    });
    expect(await host.answer()).toBe('');
    expect(host.ended).toBeInstanceOf(LeaveBus);
    expect(host.ended).toMatchObject({ to: 'boot' });
    expect(log.filter(({ writes }) => writes).map(({ what }) => what)).toEqual([
      'SDMMC_WRITE_GPT',
      'SDMMC_WRITE_GPT',
      'SDMMC_WRITE_IMAGE',
      'FORMAT',
    ]);
    expect(toHex(await storage.read('user', 0x200, 8))).toBe('45 46 49 20 50 41 52 54');
  });

  it('gets its answers when it reads a blank phone', async () => {
    const { host, storage } = await startStage2();
    const flash = filler(0x24000, 0x0800);
    await storage.write('user', 0x40000, flash);
    await replay(host, MT6580_READBACK_SESSION, { flash });
    expect(await host.answer()).toBe('');
    expect(host.ended).toMatchObject({ to: 'off' });
  });

  it('learns that the phone takes only signed images, before it has written anything', async () => {
    const { host, log } = await startStage2({ faults: { signedOnly: true } });
    await replay(host, MT6580_SIGNED_ONLY_SESSION, {
      'secure usb': concat(fromHex('00 00 17 9a'), new Uint8Array(277)),
    });
    expect(await host.answer()).toBe('');
    expect(host.ended).toMatchObject({ to: 'off' });
    expect(log.filter(({ writes }) => writes)).toEqual([]);
    expect(log).toContainEqual({
      stage: 'stage2',
      what: 'SECURE_BYPASS_CHECK',
      writes: false,
      detail: { name: 'logo', address: 0x6e40000, length: 0x12349 },
    });
  });

  it.each([
    ['an image', '61 00 08 00 00 00 00 06 e4 00 00 00 00 00 00 00 00 02 00 0d 03', '00 10 00 00 a5 00 00 17 7a'],
    ['data', '62 01 08 00 00 00 00 06 e4 00 00 00 00 00 00 00 00 02 00 00 10 00 00', 'a5 00 00 17 7a'],
    ['a preloader', '51', 'a5 00 00 17 7a'],
    ['nothing', 'd4 02 00 00 00 00 00 00 00 06 e4 00 00 00 00 00 00 00 80 00 00', 'a5 00 00 17 7c'],
  ])('refuses to write %s that nobody signed, and goes on', async (_, command, answer) => {
    const { host } = await startStage2({ faults: { signedOnly: true } });
    expect(await host.ask(command)).toBe(answer);
    expect(await host.ask('60 08')).toBe('5a 5a');
  });
});
