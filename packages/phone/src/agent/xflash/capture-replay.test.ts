import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { concat, encode, hexBytes, SparseChunkHeader, SparseChunkType, SparseHeader, u32 } from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import { type Expected, parseCapture, type Scenario } from './testing/capture.js';
import { gptImages } from './testing/gpt-image.js';
import { TestPhone, writeTable } from './testing/host.js';
import { MemoryStorage } from './testing/memory-storage.js';
import { MT6765, PARTITIONS, USER_SIZE } from './testing/test-profile.js';

/** The modelled card of the record: a sector that was never written repeats its address and the number of its area. */
function recordedCard(): MemoryStorage {
  return new MemoryStorage('emmc', MT6765.storage.regions, (region, offset) => {
    const high = region === 'user' ? Math.floor(offset / 2 ** 32) : region === 'boot1' ? 1 : 2;
    const word = concat(encode(u32, 'little', offset % 2 ** 32), encode(u32, 'little', high));
    return concat(...Array.from({ length: 64 }, () => word));
  });
}

/** Raw block, two fill blocks, one block left out. */
function recordedSparseImage(): Uint8Array {
  const blockSize = 4096;
  const header = {
    magic: 0xed26ff3a,
    majorVersion: 1,
    minorVersion: 0,
    fileHeaderSize: SparseHeader.size,
    chunkHeaderSize: SparseChunkHeader.size,
    blockSize,
    totalBlocks: 4,
    totalChunks: 3,
    imageChecksum: 0,
  };
  const chunk = (type: number, blocks: number, data: Uint8Array) =>
    concat(
      SparseChunkHeader.build({ type, reserved: 0, blocks, totalSize: SparseChunkHeader.size + data.length }),
      data,
    );
  return concat(
    SparseHeader.build(header),
    chunk(
      SparseChunkType.RAW,
      1,
      Uint8Array.from({ length: blockSize }, (_, i) => i * 3 + 5),
    ),
    chunk(SparseChunkType.FILL, 2, Uint8Array.of(0xaa, 0x55, 0x11, 0x22)),
    chunk(SparseChunkType.DONT_CARE, 1, new Uint8Array(0)),
  );
}

const tables = gptImages(USER_SIZE, PARTITIONS);
const record = readFileSync(new URL('testing/mt6765-stage2-capture.txt', import.meta.url), 'utf8');
const scenarios = parseCapture(record, {
  PGPT: tables.primary,
  SGPT: tables.backup,
  sparse: recordedSparseImage(),
});

async function replay(scenario: Scenario): Promise<TestPhone> {
  const storage = recordedCard();
  if (scenario.hasTable) await writeTable(storage);
  const phone = TestPhone.startingStage2({ storage, checksumLevel: scenario.checksumLevel });
  let pending: Uint8Array[] = [];
  let place = 'start';
  for (const [i, item] of scenario.items.entries()) {
    pending.push(...(await phone.frames()));
    place = `${scenario.name} item ${i} ${item.token}`;
    if (item.from === 'host') {
      expect(pending.map(hexBytes), `${place}: the agent said more than the genuine one`).toEqual([]);
      phone.wire.feed(item.bytes);
    } else {
      const got = pending.shift();
      expect(got, `${place}: the agent is silent`).toBeDefined();
      expectPayload(got as Uint8Array, item.expected, place);
    }
  }
  pending = pending.concat(await phone.frames());
  expect(pending.map(hexBytes), 'after the end').toEqual([]);
  expect(phone.failure).toBeUndefined();
  return phone;
}

function expectPayload(got: Uint8Array, expected: Expected, place: string): void {
  expect(got.length, place).toBe(expected.length);
  if (expected.bytes) expect(hexBytes(got), place).toBe(hexBytes(expected.bytes));
  if (expected.start) expect(hexBytes(got.subarray(0, expected.start.length)), place).toBe(hexBytes(expected.start));
  if (expected.sha256) {
    const sha256 = createHash('sha256').update(got).digest('hex').slice(0, 16);
    expect(sha256, place).toBe(expected.sha256);
  }
}

describe('replay of a genuine MT6765 stage 2', () => {
  it('has all scenarios of the record', () => {
    expect(scenarios.map(({ name }) => name)).toEqual(
      'info rdwr wcheck wcheck fmt names wlong par60 shut shut32 badframe long_cmd type2cmd blank'.split(' '),
    );
    expect(scenarios.reduce((sum, { items }) => sum + items.length, 0)).toBeGreaterThan(700);
  });

  it.each(
    scenarios.map((scenario) => [`${scenario.name}, checksum level ${scenario.checksumLevel}`, scenario] as const),
  )('answers byte for byte: %s', async (_title, scenario) => {
    const phone = await replay(scenario);
    expect(phone.left).toBe(scenario.name === 'shut' ? 'boot' : undefined);
  });
});
