import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnbrickError } from '../errors/unbrick-error.js';
import { ascii, concat, encode, u32 } from '../wire/index.js';
import { EmiHeader } from './emi-parse.js';
import { parsePreloader } from './preloader.js';
import { BootRegionLayout, GfhFileInfo, RomInfo } from './preloader-layout.js';

const SIGNATURE = 0x124;
const CONTENT = 0xf0;

function emiTable(fileName = 'preloader_k65v1_64.bin'): Uint8Array {
  const entry = new Uint8Array(160);
  entry.set(encode(u32, 'little', 0x203), 4);
  entry.set(encode(u32, 'little', 9), 8);
  entry.set([0x15, 0x01, 0x00, ...ascii('QE63MB')], 0x10);
  entry.set(encode(u32, 'little', 0x80000000), 0x50);
  return concat(
    EmiHeader.build({
      tag: 'MTK_BLOADER_INFO_v35',
      fileName,
      builder: 'V116',
      marker: 0x33448822,
      unknown: 0x90,
      entriesOffset: 0x70,
      kind: 'MTK_BIN',
      count: 2,
    }),
    entry,
    entry,
  );
}

/** Code that is no text. */
function noise(length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => 0x80 | ((i * 37) >> 2));
}

interface Options {
  emi?: Uint8Array;
  code?: Uint8Array;
  chainSlack?: number;
  fileType?: number;
}

/** A plain preloader: GFH chain of FILE_INFO and one filler header, code, memory table, its length, signature. */
function preloader({ emi = emiTable(), code = noise(0x2000), chainSlack = 0, fileType = 1 }: Options = {}): Uint8Array {
  const tail = emi.length > 0 ? concat(emi, encode(u32, 'little', emi.length)) : emi;
  const second = new Uint8Array(CONTENT - GfhFileInfo.size).fill(0x11);
  second.set([0x4d, 0x4d, 0x4d, 1, second.length - chainSlack, 0, 7, 0]);
  const fileLength = CONTENT + code.length + tail.length + SIGNATURE;
  return concat(
    GfhFileInfo.build({
      header: { magic: 'MMM', version: 1, size: 0x38, type: 0 },
      name: 'FILE_INFO',
      fileVersion: 1,
      fileType,
      flashDevice: 5,
      signatureType: 1,
      loadAddress: 0x200f10,
      fileLength,
      maxSize: 0x40000,
      contentOffset: CONTENT,
      signatureLength: SIGNATURE,
      jumpOffset: CONTENT,
      attributes: 0xc2600001,
    }),
    second,
    code,
    tail,
    noise(SIGNATURE),
  );
}

const refusal = (bytes: Uint8Array, name = 'preloader.bin') => {
  try {
    parsePreloader(name, bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(UnbrickError);
    return error as UnbrickError;
  }
  throw new Error('it was accepted');
};

describe('parsePreloader', () => {
  it('reads a plain file and cuts off what follows its signature', () => {
    const plain = preloader();
    const read = parsePreloader('preloader_k65v1_64.bin', concat(plain, new Uint8Array(100).fill(0xff)));
    expect(read).toMatchObject({
      shape: 'plain',
      loadAddress: 0x200f10,
      signatureLength: SIGNATURE,
      fileLength: plain.length,
      project: 'k65v1_64',
      problems: [],
    });
    expect(read.file).toEqual(plain);
    expect(read.emi).toMatchObject({ version: 35, itemSize: 160, entries: [{ ramSize: 0x80000000 }, {}] });
  });

  it.each<[string, string, number]>([
    ['EMMC_BOOT', 'preloader_emmc.img', 0x800],
    ['UFS_BOOT', 'preloader_ufs.img', 0x1000],
    ['COMBO_BOOT', 'boot1.bin', 0x1000],
    ['SDMMC_BOOT', 'preloader_raw.img', 0x800],
  ])('cuts the preloader out of a boot area with a %s header', (device, name, offset) => {
    const area = new Uint8Array(0x8000);
    area.set(ascii(device));
    area.set(BootRegionLayout.build({ name: 'BRLYT', version: 1, firstImage: offset, boundary: 0x4000 }), 0x200);
    const plain = preloader();
    area.set(plain, offset);
    const read = parsePreloader(name, area);
    expect(read).toMatchObject({ shape: 'boot-region', bootHeader: device, project: 'k65v1_64', problems: [] });
    expect(read.file).toEqual(plain);
    // The layout's offset is wrong: the preloader is found all the same.
    area.fill(0, 0x20c, 0x210);
    expect(parsePreloader(name, area).file).toEqual(plain);
  });

  it('reads a bare memory table', () => {
    const read = parsePreloader('preloader_k65v1_64.bin', emiTable());
    expect(read).toMatchObject({
      shape: 'emi-only',
      loadAddress: 0,
      signatureLength: 0,
      project: 'k65v1_64',
      problems: [],
    });
    expect(read.emi?.entries).toHaveLength(2);
    expect(refusal(emiTable().subarray(0, 0x80)).code).toBe('PRELOADER_UNREADABLE');
  });

  it('warns of a renamed file, but not of general names', () => {
    expect(parsePreloader('preloader_k62v1.bin', preloader()).problems).toEqual([
      { code: 'PRELOADER_RENAMED', message: expect.stringContaining('built as preloader_k65v1_64.bin') },
    ]);
    for (const name of ['preloader.bin', 'preloader_ufs.img', 'PRELOADER_K65V1_64.bin', 'boot1.bin']) {
      expect(parsePreloader(name, preloader()).problems).toEqual([]);
    }
  });

  it('reads a preloader without memory table and says so', () => {
    const read = parsePreloader('preloader.bin', preloader({ emi: new Uint8Array(0) }));
    expect(read.emi).toBeUndefined();
    expect(read.problems.map((problem) => problem.code)).toEqual(['EMI_MISSING']);
  });

  it('reads a preloader with damaged memory table and says so', () => {
    const emi = emiTable();
    emi.fill(0x20, 0x74);
    const read = parsePreloader('preloader.bin', preloader({ emi }));
    expect(read.emi).toBeUndefined();
    expect(read.problems).toEqual([
      { code: 'EMI_UNREADABLE', message: expect.stringContaining('no known entry size fits') },
    ]);
  });

  it('says when the file is of another type', () => {
    expect(parsePreloader('x.bin', preloader({ fileType: 5 })).problems).toMatchObject([
      { code: 'PRELOADER_FILE_TYPE' },
    ]);
  });

  it('names platforms by their texts, the security settings last, power and radio chips never', () => {
    const code = concat(
      noise(0x800),
      RomInfo.build({ name: 'AND_ROMINFO_v', version: 1, platform: 'MT6752', project: 'CUST' }),
      ascii('[MT6357] pmic MT6631 mt6762_x MT6765 \0MT6765\0 FMT6799 MT67655'),
      noise(0x800),
    );
    expect(parsePreloader('preloader.bin', preloader({ code })).platformHints).toEqual([
      { platform: 'MT6765', origin: 'code', count: 2 },
      { platform: 'MT6762', origin: 'code', count: 1 },
      { platform: 'MT6752', origin: 'rom-info', count: 1 },
    ]);
  });

  it.each([0, 0x40000])('calls %i bytes of nothing zeroed', (length) => {
    for (const value of [0, 0xff]) {
      const refused = refusal(new Uint8Array(length).fill(value));
      expect(refused).toMatchObject({ code: 'PRELOADER_ZEROED', stage: 'firmware' });
      expect(refused.next.length).toBeGreaterThan(0);
    }
  });

  it('calls a file zeroed whose second part is missing', () => {
    const half = preloader();
    half.fill(0, half.length >> 1);
    const refused = refusal(half);
    expect(refused.code).toBe('PRELOADER_ZEROED');
    expect(refused.evidence[0]).toMatch(/^from 0x11[0-9a-f]{2} to 0x2[0-9a-f]{3} there is nothing but 0x00$/);
  });

  it('calls a short file truncated, wherever it ends', () => {
    const plain = preloader();
    for (const length of [20, 55, 56, 100, CONTENT, 0x1000, plain.length - 1]) {
      const refused = refusal(plain.subarray(0, length));
      expect(refused.code, `${length} bytes`).toBe('PRELOADER_TRUNCATED');
    }
    expect(refusal(plain.subarray(0, 0x1000)).evidence).toEqual([
      `its header says ${plain.length} bytes, 4096 are there`,
    ]);
  });

  it('refuses what is no preloader, and shows how it begins', () => {
    const refused = refusal(ascii('ANDROID! and so on'));
    expect(refused.code).toBe('PRELOADER_UNREADABLE');
    expect(refused.evidence[0]).toContain('begins with 414e44524f494421');
  });

  it.each<[string, keyof typeof GfhFileInfo.offsets, number]>([
    ['code before the header ends', 'contentOffset', 0x20],
    ['code behind the end', 'contentOffset', 0x100000],
    ['a signature longer than the file', 'signatureLength', 0x100000],
    ['no length', 'fileLength', 0],
  ])('refuses a header with %s', (_name, field, value) => {
    const bad = preloader();
    bad.set(encode(u32, 'little', value), GfhFileInfo.offsets[field]);
    expect(refusal(bad).code).toBe('PRELOADER_UNREADABLE');
  });

  it('walks the headers and allows fewer than 16 bytes between the last and the code', () => {
    expect(parsePreloader('x.bin', preloader({ chainSlack: 4 })).shape).toBe('plain');
    expect(refusal(preloader({ chainSlack: 16 })).code).toBe('PRELOADER_UNREADABLE');
    expect(refusal(preloader({ chainSlack: -4 })).code).toBe('PRELOADER_UNREADABLE');
    const broken = preloader();
    broken[GfhFileInfo.size] = 0;
    expect(refusal(broken).evidence[0]).toMatch(/^no header at 0x38: 004d4d01/);
    // A header of no length must not be walked for ever.
    const endless = preloader();
    endless.fill(0, GfhFileInfo.size + 4, GfhFileInfo.size + 6);
    expect(refusal(endless).code).toBe('PRELOADER_UNREADABLE');
  });

  it('throws nothing but UnbrickError on mutated files', () => {
    const good = preloader({ code: noise(0x200) });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }),
        fc.array(fc.tuple(fc.nat(0x40), fc.nat(255)), { maxLength: 3 }),
        fc.integer({ min: 0, max: good.length }),
        (changes, headChanges, length) => {
          const bad = good.slice();
          for (const [offset, value] of [...changes, ...headChanges]) bad[offset] = value;
          for (const file of [bad, bad.subarray(0, length)]) {
            try {
              parsePreloader('preloader_x.bin', file);
            } catch (error) {
              expect(error).toBeInstanceOf(UnbrickError);
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
