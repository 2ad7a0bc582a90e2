import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UnbrickError } from '../errors/unbrick-error.js';
import { concat, DaEntry, DaHeader } from '../wire/index.js';
import { chooseAgentEntry } from './agent-entry.js';
import { agentFileBytes, type FileSpec, phoneBlobs } from './agent-file.fixture.js';
import { type AgentFile, agentImage, parseAgentFile, signatureKind, stage2DigestFound } from './agent-file.js';

const NAME = 'MTK_AllInOne_DA.bin';
const parse = (spec: FileSpec): AgentFile => parseAgentFile(NAME, agentFileBytes(spec));
const entryAt = (file: AgentFile, index = 0) => file.entries[index] as AgentFile['entries'][0];

function refusal(bytes: Uint8Array): UnbrickError {
  try {
    parseAgentFile(NAME, bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(UnbrickError);
    expect((error as UnbrickError).code).toBe('AGENT_FILE_UNREADABLE');
    return error as UnbrickError;
  }
  throw new Error('it was read');
}

/** The bytes with one little-endian word of the first entry changed. */
function withWord(bytes: Uint8Array, at: number, value: number, size: 2 | 4 = 4): Uint8Array {
  const changed = bytes.slice();
  const view = new DataView(changed.buffer);
  if (size === 2) view.setUint16(at, value, true);
  else view.setUint32(at, value, true);
  return changed;
}

const ENTRY = DaHeader.size;
const REGIONS = ENTRY + DaEntry.offsets.regions;

describe('the container', () => {
  test('gives its entries and regions', () => {
    const file = parse({ capacity: 64, entries: [{ hwCode: 0x6580 }, { hwCode: 0x6735, hwSubCode: 0x8a00 }] });
    expect(file).toMatchObject({
      fileName: NAME,
      description: 'MTK_AllInOne_DA_v3.3001.2019-12-31.22:53_497508',
      infoVersion: 4,
    });
    expect(file.entries).toHaveLength(2);
    // 64 slots: the first blob lies at 0x376c, as in real files of 2019.
    expect(file.entries[0]).toEqual({
      index: 0,
      hwCode: 0x6580,
      hwSubCode: 0,
      hwVersion: 0xca00,
      swVersion: 0,
      featureSet: 0x1000,
      entryRegionIndex: 0,
      regions: [
        { offset: 0x376c, length: 0x270, address: 0x50000000, signatureLength: 0 },
        { offset: 0x39dc, length: 0x400, address: 0x200000, signatureLength: 0x100 },
        { offset: 0x3ddc, length: 0x400, address: 0x40000000, signatureLength: 0x100 },
      ],
    });
    expect(file.entries[1]).toMatchObject({ index: 1, hwCode: 0x6735, hwSubCode: 0x8a00 });
  });

  test('info version 3 has shorter entries without a sub code', () => {
    const file = parse({
      infoVersion: 3,
      entries: [{ hwCode: 0x6577, hwSubCode: 7, swVersion: 0xe100 }, { hwCode: 0x6575 }],
    });
    expect(file.entries.map((each) => [each.hwCode, each.hwSubCode, each.swVersion])).toEqual([
      [0x6577, 0, 0xe100],
      [0x6575, 0, 0],
    ]);
    expect(parse({ infoVersion: 3, entries: [{ hwCode: 0x6577 }] }).entries[0]?.regions).toHaveLength(3);
  });

  test('any other info version means the long entries; the second entry overrules a wrong version', () => {
    expect(parse({ infoVersion: 74, entries: [{ hwCode: 0x6779 }] }).entries[0]?.hwCode).toBe(0x6779);
    const short = agentFileBytes({ infoVersion: 3, entries: [{ hwCode: 0x6577 }, { hwCode: 0x6575 }] });
    const lying = withWord(short, DaHeader.offsets.infoVersion, 4);
    expect(parseAgentFile(NAME, lying).entries.map((each) => each.hwCode)).toEqual([0x6577, 0x6575]);
    const long = agentFileBytes({ entries: [{ hwCode: 0x6580 }, { hwCode: 0x6735 }] });
    expect(parseAgentFile(NAME, withWord(long, DaHeader.offsets.infoVersion, 3)).entries[1]?.hwCode).toBe(0x6735);
  });

  test('a file for a single V6 chip: blobs over the unused slots, signature counted from the start of the file', () => {
    const blobs = phoneBlobs(0x22).map((each) => ({ ...each, signatureOffsetInFile: true }));
    const bytes = agentFileBytes({
      description: 'MTK_DA_v6_2024-02-20 03:35:54',
      entries: [{ hwCode: 0x1208, blobs }],
    });
    // Move the blobs to 0xBC, behind the third region slot, as the real file has them.
    const moved = concat(bytes.subarray(0, 0xbc), bytes.subarray(DaHeader.size + DaEntry.size));
    const view = new DataView(moved.buffer);
    const shift = DaHeader.size + DaEntry.size - 0xbc;
    for (const slot of [0, 1, 2]) {
      for (const field of [0, 12]) {
        const at = REGIONS + slot * 20 + field;
        view.setUint32(at, view.getUint32(at, true) - shift, true);
      }
    }
    const file = parseAgentFile('DA_BR.bin', moved);
    expect(file.entries[0]?.regions[1]).toEqual({
      offset: 0xbc + 0x270,
      length: 0x400,
      address: 0x200000,
      signatureLength: 0x100,
    });
    expect(agentImage(file, entryAt(file)).stage1.bytes[0]).toBe(0x22);
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['a foreign file', new TextEncoder().encode('ANDROID! and more'), /begins with 'ANDROID!/],
    ['nothing', new Uint8Array(0), /begins with ''/],
    [
      'a wrong magic',
      withWord(agentFileBytes({ entries: [{ hwCode: 1 }] }), DaHeader.offsets.infoMagic, 1),
      /magic 0x00000001/,
    ],
    ['no entries', withWord(agentFileBytes({ entries: [{ hwCode: 1 }] }), DaHeader.offsets.entryCount, 0), /0 entries/],
    [
      'a table beyond the end',
      withWord(agentFileBytes({ entries: [{ hwCode: 1 }] }), DaHeader.offsets.entryCount, 0xffffffff),
      /its table needs/,
    ],
    ['a cut head', agentFileBytes({ entries: [{ hwCode: 1 }] }).subarray(0, 0x40), /64 bytes are there/],
    [
      'a cut file',
      agentFileBytes({ entries: [{ hwCode: 0x6580 }] }).subarray(0, -1),
      /entry 0 \(hw_code 0x6580\), region 2 needs/,
    ],
    [
      'a wrong entry magic',
      withWord(agentFileBytes({ entries: [{ hwCode: 1 }] }), ENTRY, 0xdadb, 2),
      /entry 0 has the magic 0xdadb/,
    ],
    [
      'no regions',
      withWord(agentFileBytes({ entries: [{ hwCode: 1 }] }), ENTRY + DaEntry.offsets.regionCount, 0, 2),
      /has 0 regions/,
    ],
    [
      'ten regions',
      withWord(agentFileBytes({ entries: [{ hwCode: 1 }] }), ENTRY + DaEntry.offsets.regionCount, 10, 2),
      /has 10 regions/,
    ],
    [
      'a signature beyond its blob',
      withWord(agentFileBytes({ entries: [{ hwCode: 1 }] }), REGIONS + 20 + 12, 0x301),
      /signature of 256 at 0x301/,
    ],
    [
      'a signature longer than its blob',
      withWord(agentFileBytes({ entries: [{ hwCode: 1 }] }), REGIONS + 20 + 16, 0x401),
      /signature of 1025/,
    ],
  ])('refuses %s', (_what, bytes, evidence) => {
    const error = refusal(bytes);
    expect(error.evidence.join()).toMatch(evidence);
    expect(error.next.length).toBeGreaterThan(0);
  });

  test('an unsigned region may give 0 or its length as the place of its signature', () => {
    const bytes = agentFileBytes({ entries: [{ hwCode: 0x6580 }] });
    expect(parseAgentFile(NAME, withWord(bytes, REGIONS + 12, 0)).entries[0]?.regions[0]?.length).toBe(0x270);
  });

  test('damaged bytes are refused with UnbrickError and nothing else', () => {
    const bytes = agentFileBytes({ entries: [{ hwCode: 0x6580 }, { hwCode: 0x6735 }] });
    const table = DaHeader.size + 2 * DaEntry.size;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(table), fc.nat(255)), { maxLength: 6 }),
        fc.nat(bytes.length),
        (changes, length) => {
          const damaged = bytes.slice(0, length);
          for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value;
          try {
            const file = parseAgentFile(NAME, damaged);
            for (const entry of file.entries) agentImage(file, entry);
          } catch (error) {
            expect(error).toBeInstanceOf(UnbrickError);
          }
        },
      ),
    );
  });
});

describe('the stages', () => {
  test('of a phone are regions 1 and 2, whatever the entry region index says', () => {
    for (const entryRegionIndex of [0, 1]) {
      const file = parse({ entries: [{ hwCode: 0x6580, entryRegionIndex, blobs: phoneBlobs(0x33) }] });
      const image = agentImage(file, entryAt(file));
      expect(image).toMatchObject({ fileName: NAME, description: file.description });
      expect(image.stage1).toEqual({
        bytes: new Uint8Array(0x400).fill(0x33),
        address: 0x200000,
        signatureLength: 0x100,
      });
      expect(image.stage2).toEqual({
        bytes: new Uint8Array(0x400).fill(0xcc),
        address: 0x40000000,
        signatureLength: 0x100,
      });
      expect(image.stage1.bytes.buffer).toBe(file.bytes.buffer);
    }
  });

  test('of an IoT chip begin at the entry region index', () => {
    const blob = (fill: number) => ({ bytes: new Uint8Array(16).fill(fill), address: fill });
    const empty = { bytes: new Uint8Array(0), address: 0 };
    const file = parse({
      entries: [{ hwCode: 0x2625, entryRegionIndex: 2, blobs: [blob(1), empty, blob(3), blob(4), blob(5)] }],
    });
    const image = agentImage(file, entryAt(file));
    expect([image.stage1.address, image.stage2.address]).toEqual([3, 4]);
  });

  test('an entry without a second stage is refused when its image is wanted', () => {
    const file = parse({ entries: [{ hwCode: 0x6580, blobs: phoneBlobs(1).slice(0, 2) }] });
    expect(() => agentImage(file, entryAt(file))).toThrowError(
      expect.objectContaining({ code: 'AGENT_FILE_UNREADABLE' }),
    );
  });

  test('a placeholder is told from a signature', () => {
    const kind = (blobs = phoneBlobs(1)) => {
      const file = parse({ entries: [{ hwCode: 0x6580, blobs }] });
      return signatureKind(agentImage(file, entryAt(file)));
    };
    expect(kind()).toBe('signed');
    expect(kind(phoneBlobs(1, 0x400, 'placeholder'))).toBe('placeholder');
    expect(kind(phoneBlobs(1).map((each) => ({ ...each, signatureLength: 0 })))).toBe('none');
  });

  test.each(['SHA-1', 'SHA-256', 'SHA-384'])('the %s of stage 2 is found in stage 1', async (algorithm) => {
    const [epp, stage1, stage2] = phoneBlobs(0x44) as [
      ReturnType<typeof phoneBlobs>[0],
      ReturnType<typeof phoneBlobs>[0],
      ReturnType<typeof phoneBlobs>[0],
    ];
    const digest = new Uint8Array(await crypto.subtle.digest(algorithm, stage2.bytes.slice(0, 0x300)));
    // A false start right before it.
    stage1.bytes.set(digest.subarray(0, 3), 0x121 - 3);
    stage1.bytes.set(digest, 0x121);
    const file = parse({ entries: [{ hwCode: 0x6580, blobs: [epp, stage1, stage2] }] });
    const image = agentImage(file, entryAt(file));
    expect(await stage2DigestFound(image)).toBe(algorithm);
    image.stage2.bytes[5] = 1;
    expect(await stage2DigestFound(image)).toBeUndefined();
  });
});

describe('the entry for a phone', () => {
  const identity = (hwCode: number, more = {}) => ({
    hwCode,
    hwSubCode: 0x8a00,
    hwVersion: 0xca00,
    swVersion: 0,
    ...more,
  });
  const smartphones = parse({ entries: [{ hwCode: 0x6580 }, { hwCode: 0x6735 }, { hwCode: 0x6752 }] });
  const indexOf = (file: AgentFile, ...args: Parameters<typeof identity>) =>
    chooseAgentEntry(file, identity(...args)).entry?.index;

  test.each([
    [0x6580, 0],
    [0x6735, 1],
    // MT6735, MT6737M and MT6753 report short codes, the file has the family's number.
    [0x0321, 1],
    [0x0335, 1],
    [0x0337, 1],
    [0x6752, 2],
    [0x6582, undefined],
    [0x4242, undefined],
  ])('0x%s', (hwCode, index) => {
    expect(indexOf(smartphones, hwCode as number)).toBe(index);
  });

  test.each([
    [0x0690, 0x6763],
    [0x0699, 0x6739],
    [0x0707, 0x6768],
    [0x0717, 0x6761],
    [0x0725, 0x6779],
    [0x0766, 0x6765],
    [0x0813, 0x6785],
    [0x0816, 0x6885],
    [0x0886, 0x6873],
    [0x0996, 0x6853],
    [0x8172, 0x8173],
    [0x8176, 0x8173],
    [0x1208, 0x1208],
  ])('a phone with code %i is listed under %i', (hwCode, listed) => {
    expect(indexOf(parse({ entries: [{ hwCode: 0x6580 }, { hwCode: listed }] }), hwCode)).toBe(1);
  });

  test('the phone’s own code goes before the mapped one', () => {
    const file = parse({ entries: [{ hwCode: 0x6735 }, { hwCode: 0x0321 }] });
    expect(indexOf(file, 0x0321)).toBe(1);
  });

  test('the reasons name chips, not numbers', () => {
    expect(chooseAgentEntry(smartphones, identity(0x0766)).reason).toBe(
      'this file has agents for MT6580, MT6735/MT6737M/MT6753, MT6752; the phone is an MT6765',
    );
    expect(chooseAgentEntry(smartphones, identity(0x0337)).reason).toBe(
      'it has an agent for the MT6753, which the file lists as 0x6735',
    );
    expect(chooseAgentEntry(smartphones, identity(0x4242)).reason).toContain('the phone is a chip with hw_code 0x4242');
    const many = parse({ entries: Array.from({ length: 20 }, (_, i) => ({ hwCode: 0x9000 + i })) });
    expect(chooseAgentEntry(many, identity(0x6580)).reason).toContain('hw_code 0x900b and 8 more;');
  });

  test('a single entry fits whatever its versions; of several the software version decides', () => {
    expect(indexOf(parse({ entries: [{ hwCode: 0x6577, hwVersion: 0xffff, swVersion: 0xffff }] }), 0x6577)).toBe(0);
    const two = parse({
      entries: [
        { hwCode: 0x6575, hwVersion: 0xca00, swVersion: 0xe100 },
        { hwCode: 0x6575, hwVersion: 0xcb00, swVersion: 0xe201 },
      ],
    });
    expect(indexOf(two, 0x6575, { swVersion: 0xe100 })).toBe(0);
    expect(indexOf(two, 0x6575, { swVersion: 0xe200 })).toBe(0);
    expect(indexOf(two, 0x6575, { swVersion: 0xe201 })).toBe(1);
    expect(indexOf(two, 0x6575, { swVersion: 0xffff })).toBe(1);
    const none = chooseAgentEntry(two, identity(0x6575, { swVersion: 0x1000 }));
    expect(none.entry).toBeUndefined();
    expect(none.reason).toContain('0xe100, 0xe201; the phone has software version 0x1000');
  });

  test('an IoT chip is told by its sub code, the plain variant first', () => {
    const blobs = phoneBlobs(1);
    const entry = (hwSubCode: number, featureSet: number) => ({
      hwCode: 0x2523,
      hwSubCode,
      featureSet,
      entryRegionIndex: 2,
      blobs,
    });
    const file = parse({ entries: [entry(0x8100, 1), entry(0x8100, 0), entry(0x8000, 0)] });
    expect(indexOf(file, 0x2523, { hwSubCode: 0x8100 })).toBe(1);
    expect(indexOf(file, 0x2523, { hwSubCode: 0x8000 })).toBe(2);
    expect(chooseAgentEntry(file, identity(0x2523, { hwSubCode: 0x8200 })).reason).toContain(
      'sub codes 0x8100, 0x8000; the phone has 0x8200',
    );
  });
});
