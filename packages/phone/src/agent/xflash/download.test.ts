import {
  ascii,
  concat,
  encode,
  hexBytes,
  SparseChunkHeader,
  SparseChunkType,
  SparseHeader,
  u32,
  XflashCommand,
} from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import { gptImages } from './testing/gpt-image.js';
import { TestPhone } from './testing/host.js';
import { PARTITIONS, USER_SIZE } from './testing/test-profile.js';
import { chunk, firstDifference, flashBlock, nameAndSize, pattern } from './testing/words.js';

const CACHE = 0x1000000;
const CACHE_SIZE = 0x1000000;
const LOGO = 0x800000;
const TOO_LARGE = 0xc0040004;
const SPARSE_FAILED = 0xc004000c;
const BLOCK = 4096;

/** Sends the whole image in chunks of `size`; resolves to the statuses after the parameter status. */
async function download(phone: TestPhone, name: string, image: Uint8Array, size = 0x200000): Promise<unknown[]> {
  expect(await phone.exchange(XflashCommand.DOWNLOAD, ...nameAndSize(name, image.length))).toEqual([0, 0]);
  const statuses: unknown[] = [];
  for (let at = 0; at < image.length; at += size) {
    statuses.push(...(await phone.exchange(...chunk(image.slice(at, at + size)))));
    if (statuses.at(-1) !== 0) break;
  }
  return statuses;
}

function sparse(chunks: [type: number, blocks: number, data: Uint8Array][], headerSizes = [28, 12]): Uint8Array {
  const [fileHeaderSize = 28, chunkHeaderSize = 12] = headerSizes;
  const header = SparseHeader.build({
    magic: 0xed26ff3a,
    majorVersion: 1,
    minorVersion: 0,
    fileHeaderSize,
    chunkHeaderSize,
    blockSize: BLOCK,
    totalBlocks: chunks.reduce((sum, [, blocks]) => sum + blocks, 0),
    totalChunks: chunks.length,
    imageChecksum: 0,
  });
  const body = chunks.map(([type, blocks, data]) =>
    concat(
      SparseChunkHeader.build({ type, reserved: 0, blocks, totalSize: chunkHeaderSize + data.length }),
      new Uint8Array(chunkHeaderSize - 12),
      data,
    ),
  );
  return concat(header, new Uint8Array(fileHeaderSize - 28), ...body);
}

const { RAW, FILL, DONT_CARE, CRC32 } = SparseChunkType;
const NOTHING = new Uint8Array(0);
const FILL_VALUE = Uint8Array.of(1, 2, 3, 4);

describe('DOWNLOAD of a raw image', () => {
  it('leaves the rest of the partition as it is', async () => {
    const phone = await TestPhone.withTable();
    await phone.storage.write('user', LOGO, pattern(2048, 1, 1));
    expect(await download(phone, 'Logo', pattern(600), 512)).toEqual([0, 0, 0]);
    expect(await phone.storage.read('user', LOGO, 2048)).toEqual(concat(pattern(600), pattern(2048, 1, 1).slice(600)));
    expect(phone.log.at(-1)).toMatchObject({ what: 'DOWNLOAD', writes: true, detail: { name: 'Logo', length: 600 } });
  });

  it('tells that a large image does not fit only when the buffer behind it is full', async () => {
    const phone = await TestPhone.withTable();
    const statuses = await download(phone, 'small', pattern(0x600000), 0x100000);
    expect(statuses).toEqual([0, 0, 0, TOO_LARGE, TOO_LARGE]);
  });
});

describe('DOWNLOAD of a sparse image', () => {
  it.each([0x200000, 4096, 1001, 7])(
    'decodes it from chunks of %i bytes and erases the partition first',
    async (size) => {
      const phone = await TestPhone.withTable();
      for (const at of [CACHE + 3 * BLOCK, CACHE + 5 * BLOCK, CACHE + CACHE_SIZE - 512]) {
        await phone.storage.write('user', at, pattern(512));
      }
      const image = sparse([
        [RAW, 2, pattern(2 * BLOCK)],
        [CRC32, 0, FILL_VALUE],
        [DONT_CARE, 2, NOTHING],
        [FILL, 1, FILL_VALUE],
        [FILL, 1, new Uint8Array(4)],
        [RAW, 1, pattern(BLOCK, 5, 5)],
      ]);
      const statuses = await download(phone, 'cache', image, size);
      expect(statuses).toEqual(Array.from({ length: Math.ceil(image.length / size) + 1 }, () => 0));
      const expanded = concat(
        pattern(2 * BLOCK),
        new Uint8Array(2 * BLOCK),
        ...Array.from({ length: BLOCK / 4 }, () => FILL_VALUE),
        new Uint8Array(BLOCK),
        pattern(BLOCK, 5, 5),
      );
      expect(firstDifference(await phone.storage.read('user', CACHE, 7 * BLOCK), expanded)).toBe(-1);
      expect(await phone.storage.read('user', CACHE + CACHE_SIZE - 512, 512)).toEqual(new Uint8Array(512));
    },
  );

  it('skips header bytes it does not know', async () => {
    const phone = await TestPhone.withTable();
    const image = sparse([[RAW, 1, pattern(BLOCK)]], [32, 16]);
    expect(await download(phone, 'cache', image)).toEqual([0, 0]);
    expect(await phone.storage.read('user', CACHE, BLOCK)).toEqual(pattern(BLOCK));
  });

  it('checks what it wrote with the storage checksum', async () => {
    const phone = await TestPhone.withTable({ checksumLevel: 2 });
    const image = sparse([[RAW, 1, pattern(BLOCK)]]);
    expect(await download(phone, 'cache', image)).toEqual([0, 0]);
    phone.storage.corrupt = true;
    expect(await download(phone, 'cache', image)).toEqual([0, 0xc0040003]);
  });

  it.each([
    [
      'raw data beyond the partition',
      sparse([
        [DONT_CARE, 32, NOTHING],
        [RAW, 1, pattern(BLOCK)],
      ]),
      TOO_LARGE,
    ],
    ['a fill beyond the partition', sparse([[FILL, 33, FILL_VALUE]]), TOO_LARGE],
    ['a zero fill beyond the partition', sparse([[FILL, 33, new Uint8Array(4)]]), TOO_LARGE],
    ['an unknown chunk', sparse([[0xcac7, 1, NOTHING]]), 0xc0040005],
    ['a raw chunk of wrong size', sparse([[RAW, 2, pattern(BLOCK)]]), SPARSE_FAILED],
    ['a cut file', sparse([[RAW, 2, pattern(2 * BLOCK)]]).slice(0, 5000), SPARSE_FAILED],
    ['headers of impossible size', sparse([], [28, 12]).fill(4, 8, 9), SPARSE_FAILED],
  ])('fails at the end with %s', async (_what, image, status) => {
    const phone = await TestPhone.withTable();
    expect(await download(phone, 'small', image)).toEqual([0, status]);
  });

  it('is not decoded by WRITE_DATA', async () => {
    const phone = await TestPhone.withTable();
    const image = sparse([[FILL, 1, FILL_VALUE]]);
    await phone.exchange(XflashCommand.WRITE_DATA, flashBlock(8, CACHE, image.length));
    expect(await phone.exchange(...chunk(image))).toEqual([0, 0]);
    expect(await phone.storage.read('user', CACHE, image.length)).toEqual(image);
  });
});

describe('DOWNLOAD of the preloader', () => {
  const preloader = concat(Uint8Array.of(0x4d, 0x4d, 0x4d, 1, 0x38, 0, 0, 0), ascii('FILE_INFO'), pattern(5000));

  it('puts the boot header in front and writes both boot areas', async () => {
    // A card without a table takes it as well.
    const phone = await TestPhone.atStage2();
    expect(await download(phone, 'preloader', preloader, 3000)).toEqual([0, 0, 0]);
    for (const region of ['boot1', 'boot2'] as const) {
      const head = hexBytes(await phone.storage.read(region, 0, 0x18));
      expect(head).toBe(`${Buffer.from('EMMC_BOOT').toString('hex')}0000000100000000020000ffffffff`);
      const layout = ['BRLYT\0\0\0', 1, 0x800, 0x1c00, 'BBBB', 0x00010005, 0x800, 0x1c00, 1];
      expect(hexBytes(await phone.storage.read(region, 0x200, 40))).toBe(
        layout.map((part) => hexBytes(typeof part === 'string' ? ascii(part) : encode(u32, 'little', part))).join(''),
      );
      expect(await phone.storage.read(region, 0x800, preloader.length)).toEqual(preloader);
    }
  });

  it('writes an image that has the header already as it is', async () => {
    const phone = await TestPhone.atStage2();
    const image = concat(ascii('EMMC_BOOT'), new Uint8Array(0x800 - 9), preloader);
    expect(await download(phone, 'PRELOADER', image)).toEqual([0, 0]);
    expect(await phone.storage.read('boot2', 0, image.length)).toEqual(image);
  });

  it('refuses at the end what is no preloader or too large', async () => {
    const phone = await TestPhone.atStage2();
    expect(await download(phone, 'preloader', pattern(4096))).toEqual([0, 0xc004000e]);
    expect((await download(phone, 'preloader', new Uint8Array(0x400200))).at(-1)).toBe(TOO_LARGE);
    expect(await phone.storage.read('boot1', 0, 512)).toEqual(new Uint8Array(512));
  });
});

describe('DOWNLOAD of the partition table', () => {
  it('makes the agent look at the new table', async () => {
    const phone = await TestPhone.withTable();
    expect(await phone.exchange(XflashCommand.DOWNLOAD, ...nameAndSize('extra', 4))).toEqual([0, 0xc0040006]);
    const table = gptImages(USER_SIZE, [...PARTITIONS, { name: 'extra', start: 0x4000000, size: 0x1000 }]);
    expect(await download(phone, 'PGPT', table.primary)).toEqual([0, 0]);
    expect(await download(phone, 'SGPT', table.backup)).toEqual([0, 0]);
    expect(await download(phone, 'extra', pattern(4))).toEqual([0, 0]);
    expect(await phone.storage.read('user', 0x4000000, 4)).toEqual(pattern(4));
  });
});
