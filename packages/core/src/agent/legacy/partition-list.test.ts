import { describe, expect, it } from 'vitest';
import type { StorageInfo } from '../../storage/storage.js';
import { concat, hexBytes, LegacyGptEntry, LegacyPmtEntry } from '../../wire/index.js';
import { tableOfList } from './partition-list.js';
import { agentOn } from './testing/fake-agent.js';
import { failureOf } from './testing/samples.js';
import { ScriptedDevice, transcript } from './testing/scripted-device.js';

const SIZES = new Map<never, never>([
  ['boot1', { length: 0x400000 }],
  ['user', { length: 0x1d2000000 }],
] as never);

const GPT = concat(
  LegacyGptEntry.build({ name: 'proinfo', start: 0x80000, size: 0x300000, region: 8, padding: new Uint8Array(6) }),
  LegacyGptEntry.build({ name: 'nvram', start: 0x380000, size: 0x500000, region: 8, padding: new Uint8Array(6) }),
);
const PMT = concat(
  LegacyPmtEntry.build({ name: 'PRELOADER', size: 0x40000, partId: 1, offset: 0, mask: 0 }),
  LegacyPmtEntry.build({ name: 'MBR', size: 0x80000, partId: 8, offset: 0, mask: 0 }),
  LegacyPmtEntry.build({ name: 'EBR1', size: 0x80000, partId: 8, offset: 0x80000, mask: 0 }),
  LegacyPmtEntry.build({ name: '', size: 0, partId: 0, offset: 0, mask: 0 }),
);

async function tableFrom(state: string, raw: Uint8Array) {
  const size = raw.length.toString(16).padStart(8, '0');
  const device = new ScriptedDevice(transcript(`→ A5\n← ${state} ${size}\n→ 5A\n← ${hexBytes(raw)}\n→ 5A`));
  const table = await agentOn(device, SIZES).readPartitionTable();
  device.expectFinished();
  return table;
}

describe('readPartitionTable', () => {
  it('takes the list of a GPT agent', async () => {
    expect(await tableFrom('06', GPT)).toEqual({
      kind: 'gpt',
      source: "the agent's partition list (GPT)",
      partitions: [
        { name: 'proinfo', region: 'user', start: 0x80000, length: 0x300000 },
        { name: 'nvram', region: 'user', start: 0x380000, length: 0x500000 },
      ],
    });
  });

  it('takes the list of a PMT agent, as long as the one in the capture', async () => {
    expect(PMT.length).toBe(0x180);
    const { kind, partitions } = await tableFrom('5a', PMT);
    expect(kind).toBe('pmt');
    expect(partitions.map(({ name, region, start }) => [name, region, start])).toEqual([
      ['PRELOADER', 'boot1', 0],
      ['MBR', 'user', 0],
      ['EBR1', 'user', 0x80000],
    ]);
  });

  it('declines a list without sense without taking it', async () => {
    const device = new ScriptedDevice(transcript('→ A5\n← 06 FF FF FF FF\n→ A5\n→ 60\n← A5 00 00 0C 50'));
    expect(await failureOf(agentOn(device, SIZES).readPartitionTable())).toMatchObject({ code: 'STORAGE_FAILED' });
    device.expectFinished();
  });
});

describe('tableOfList', () => {
  const storage = { kind: 'emmc', regions: new Map([['user', 0x1d2000000]]) } as unknown as StorageInfo;
  const entries = (count: number) =>
    concat(
      ...Array.from({ length: count }, (_, i) =>
        LegacyGptEntry.build({
          name: `part${i}`,
          start: i << 20,
          size: 1 << 20,
          region: 8,
          padding: new Uint8Array(6),
        }),
      ),
    );

  it('does not trust a list that fills the agent’s room', () => {
    expect(tableOfList({ state: 6, raw: entries(39) }, storage).partitions.length).toBe(39);
    expect(() => tableOfList({ state: 6, raw: entries(40) }, storage)).toThrow(
      expect.objectContaining({ code: 'PARTITION_LIST_UNUSABLE' }),
    );
  });

  it('goes by the entries, not by the state', () => {
    expect(tableOfList({ state: 0x5a, raw: GPT }, storage)).toMatchObject({ kind: 'gpt', partitions: [{}, {}] });
    const boot = { ...storage, regions: new Map([...storage.regions, ['boot1', 0x400000]]) } as unknown as StorageInfo;
    expect(tableOfList({ state: 6, raw: PMT }, boot)).toMatchObject({ kind: 'pmt', partitions: [{}, {}, {}] });
    expect(() => tableOfList({ state: 6, raw: new Uint8Array(0x58).fill(0x81) }, storage)).toThrow(
      expect.objectContaining({ code: 'PARTITION_LIST_UNUSABLE' }),
    );
  });

  it('does not trust a list that goes beyond the storage', () => {
    const small = { ...storage, regions: new Map([['user', 2 << 20]]) } as unknown as StorageInfo;
    expect(() => tableOfList({ state: 6, raw: entries(3) }, small)).toThrow(
      expect.objectContaining({ evidence: ["part2 ends at 3145728 in the agent's list, user has 2097152 bytes"] }),
    );
  });
});
