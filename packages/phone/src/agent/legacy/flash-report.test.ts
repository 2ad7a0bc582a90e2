import { describe, expect, it } from 'vitest';
import { fromHex, passConfig, startAgent, testProfile, uploadStage2 } from './testing/test-bench.fixture.js';

async function reportOf(profile = testProfile({ extraConfig: 'none' })): Promise<string> {
  const { host } = startAgent({ profile });
  await passConfig(host, '');
  await host.answer();
  return uploadStage2(host);
}

/** Fields of the report of a genuine MT6580 stage 2, by offset; its random id is left out. */
const GENUINE: [number, string][] = [
  [0, '00 00 0b c7 00 08 ff ff 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00'],
  [28, '00 00 0b c8 00 ff ff 00 00 00 00 00 00 00 00 00 07 00 00 00 00 00 00 00 00 00 00 00 00 00 00'],
  [59, '00 00 00 00 00 00 00 00 00'],
  [68, '00 00 00 00 00 00 00 00 00 40 00 00 00 00 00 00 00 40 00 00 00 00 00 00 00 40 00 00'],
  [96, '00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00'],
  [128, '00 00 00 01 d2 00 00 00 44 00 01 15 4d 42 35 4a 01 55 07 42 c1 f2 34 8a 07 00 00 00 00 00 00 00'],
  [160, '00 00 0c 4f 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00'],
  [188, '00 00 00 00 00 02 00 00 00 00 00 00 02 00 00 00 00 00 40 00 00 00'],
  [226, '5a 00 00 0c 0b 00 00 04 09 c1'],
];

describe('flash report', () => {
  it('is byte for byte that of a genuine MT6580 agent, but for the random id', async () => {
    const report = await reportOf();
    expect(fromHex(report)).toHaveLength(236);
    for (const [offset, bytes] of GENUINE) {
      expect(report.slice(3 * offset, 3 * offset + bytes.length), `at ${offset}`).toBe(bytes);
    }
  });

  it('keeps its random id from session to session', async () => {
    expect(await reportOf()).toBe(await reportOf());
    const other = testProfile({ extraConfig: 'none' });
    other.bootRom.meId = 'ff0102030405060708090a0b0c0d0e0f';
    expect(await reportOf(other)).not.toBe(await reportOf());
  });

  it.each([
    [{ nandIdCount: 5, nandSizeBits: 64, bmtWord: false }, 232],
    [{ nandIdCount: 7, nandSizeBits: 32, bmtWord: false }, 232],
    [{ nandIdCount: 5, nandSizeBits: 32, bmtWord: false }, 228],
    [{ nandIdCount: 7, nandSizeBits: 64, bmtWord: true }, 240],
  ] as const)('has the widths of the chip: %j is %i bytes', async (traits, length) => {
    const report = await reportOf(testProfile({ extraConfig: 'none', ...traits }));
    expect(fromHex(report)).toHaveLength(length);
    expect(report).toMatch(/5a 00 00 0c 0b 00 00 04 09 c1$/);
  });

  it('says when the phone had to prepare its security data, and when it was done', async () => {
    const report = await reportOf(testProfile({ extraConfig: 'none', firstVisit: true }));
    expect(report).toMatch(/ a5 5a 00 00 0c 0b 00 00 04 09 c1$/);
  });
});
