import { concat, DaEntry, DaHeader, decode, u16, u32 } from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import { checkStage2 } from '../agent/stage2-digest.js';
import { findProfile } from '../profiles/profiles.js';
import { agentFileName, buildAgentFile } from './agent-file.js';

const SIGNATURE = 0x100;

describe('the agent container of a phone with XML agents', () => {
  const profile = findProfile('mt6895-ufs');

  it('has the single-chip form: blobs begin over the unused slots, region 0 repeats region 1', async () => {
    const file = await buildAgentFile(profile);
    expect(agentFileName(profile)).toBe('DA_BR.bin');
    expect(DaHeader.parse(file).description).toMatch(/^MTK_DA_v6_/);
    const slot = (index: number) =>
      Array.from({ length: 5 }, (_, i) => decode(u32, 'little', file, 0x80 + index * 20 + i * 4));
    expect(decode(u16, 'little', file, 0x6e)).toBe(0x1172);
    const [offset = 0, length = 0, address, signatureOffset, signatureLength] = slot(1);
    expect(slot(0)).toEqual(slot(1));
    expect([offset, address, signatureLength]).toEqual([0xbc, 0x02000000, SIGNATURE]);
    // Counted from the beginning of the file, unlike in other containers.
    expect(signatureOffset).toBe(offset + length - SIGNATURE);
    const [offset2, , address2] = slot(2);
    expect([offset2, address2]).toEqual([offset + length, 0x40000000]);
    expect(file.length).toBe((slot(2)[0] as number) + (slot(2)[1] as number));
  });

  it.each(['mt6895-ufs', 'mt6785-ufs', 'mt6771-ufs'])('of %s knows its stage 2 and no other', async (name) => {
    const file = await buildAgentFile(findProfile(name));
    const { regions } = DaEntry.parse(file, DaHeader.size);
    const [stage1, stage2] = [regions[1], regions[2]].map((region) =>
      file.slice(region?.offset ?? 0, (region?.offset ?? 0) + (region?.length ?? 0)),
    ) as [Uint8Array, Uint8Array];
    const sent = stage2.subarray(0, stage2.length - SIGNATURE);
    expect(await checkStage2(stage1, sent)).toBe('known');
    expect(await checkStage2(stage1, concat(sent.subarray(1), Uint8Array.of(0)))).toBe('mismatch');
  });
});
