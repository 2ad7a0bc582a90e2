import { describe, expect, test } from 'vitest';
import { UnbrickError } from '../../errors/unbrick-error.js';
import { type ByteSource, MemorySource } from '../source.js';
import { isZip } from './is-zip.js';
import { type ZipFile, zipBytes } from './zip.fixture.js';
import { openZipFolder } from './zip-folder.js';

/** Content that tells every place from every other and does not compress away. */
function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 12345;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = i % 64 < 32 ? state >>> 24 : i >>> 6;
  }
  return bytes;
}

const zip = (files: readonly ZipFile[], end?: Parameters<typeof zipBytes>[1]) =>
  openZipFolder(new MemorySource('firmware.zip', zipBytes(files, end)));

async function refusal(promise: Promise<unknown>): Promise<UnbrickError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UnbrickError);
  return error as UnbrickError;
}

/** Comparing millions of numbers one by one takes the test runner half a minute. */
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

const whole = (source: ByteSource) => source.read(0, source.size);

describe('a zip archive', () => {
  const content = pattern(3_000_000);

  test('is a folder: names, sizes, content stored and deflated', async () => {
    const folder = await zip([
      { name: 'rom/', content: '', stored: true },
      { name: 'rom/scatter.txt', content: 'hello' },
      { name: 'rom\\boot.img', content },
      { name: './logo.bin', content: content.subarray(0, 5000), stored: true },
      { name: '__MACOSX/rom/._boot.img', content: 'x' },
      { name: 'rom/empty.img', content: '', stored: true },
    ]);
    expect(folder.name).toBe('firmware.zip');
    expect(folder.problems).toEqual([]);
    expect(await folder.list()).toEqual(['rom/scatter.txt', 'rom/boot.img', 'logo.bin', 'rom/empty.img']);
    const boot = await folder.open('rom/boot.img');
    expect(boot).toMatchObject({ name: 'boot.img', size: content.length, sequential: true });
    expect(same(await whole(boot), content)).toBe(true);
    const logo = await folder.open('logo.bin');
    expect(logo).toMatchObject({ name: 'logo.bin', size: 5000 });
    expect(logo.sequential).toBeUndefined();
    expect(await whole(logo)).toEqual(content.slice(0, 5000));
    expect(await whole(await folder.open('rom/empty.img'))).toHaveLength(0);
    expect((await refusal(folder.open('rom/BOOT.img'))).code).toBe('FILE_MISSING');
  });

  test.each([
    ['deflated', false],
    ['stored', true],
  ])('%s files can be read anywhere, forwards and backwards, by several readers at once', async (_what, stored) => {
    const folder = await zip([{ name: 'a', content, stored }]);
    const source = await folder.open('a');
    const places: [number, number][] = [
      [100, 50],
      [2_000_000, 70_000],
      [2_500_000, 10],
      [1_000, 1_000_000],
      [0, 10],
      [2_999_990, 100],
      [3_000_000, 5],
      [5_000_000, 5],
    ];
    const other = await folder.open('a');
    const reads = places.flatMap(([offset, length]) => [
      source
        .read(offset, length)
        .then((bytes) => expect(same(bytes, content.slice(offset, offset + length))).toBe(true)),
      other
        .read(offset + 7, length)
        .then((bytes) => expect(same(bytes, content.slice(offset + 7, offset + 7 + length))).toBe(true)),
    ]);
    await Promise.all(reads);
  });

  test('many files open at once are each read right', async () => {
    const files = Array.from({ length: 8 }, (_, i) => ({ name: `${i}`, content: content.slice(i, 300_000 + i) }));
    const folder = await zip(files);
    const sources = await Promise.all(files.map((file) => folder.open(file.name)));
    for (const offset of [0, 100_000, 200_000, 50_000]) {
      const pieces = await Promise.all(sources.map((source) => source.read(offset, 90_000)));
      pieces.forEach((piece, i) => {
        expect(same(piece, content.slice(i + offset, i + offset + 90_000))).toBe(true);
      });
    }
  });

  test('reading forwards decompresses once', async () => {
    let fetched = 0;
    const bytes = zipBytes([{ name: 'a', content }]);
    const memory = new MemorySource('z.zip', bytes);
    const folder = await openZipFolder({
      name: memory.name,
      size: memory.size,
      read: (offset, length) => {
        fetched += length;
        return memory.read(offset, length);
      },
    });
    const source = await folder.open('a');
    fetched = 0;
    for (let at = 0; at < content.length; at += 100_000) await source.read(at, 100_000);
    // Twice for the kept beginning, and the headers.
    expect(fetched).toBeLessThan(bytes.length * 1.3);
  });

  test.each([
    [[0x50, 0x4b, 3, 4], true],
    [[0x50, 0x4b, 5, 6], true],
    [[0x50, 0x4b, 7, 8], true],
    [[0x50, 0x4b, 1, 2], false],
    [[0x50], false],
    [[], false],
  ])('is told by its first bytes: %j', (head, expected) => {
    expect(isZip(Uint8Array.from(head))).toBe(expected);
  });
});

describe('archives that are damaged or hostile', () => {
  test('unsafe names are left out and told, the rest can be used', async () => {
    const folder = await zip([
      { name: '../../etc/passwd', content: 'x' },
      { name: '..\\up.img', content: 'x' },
      { name: '/root.img', content: 'x' },
      { name: 'C:\\boot.img', content: 'x' },
      { name: 'a\u0000b', content: 'x' },
      { name: 'link', content: '/etc/passwd', mode: 0o120777 },
      { name: 'boot.img', content: 'good' },
    ]);
    expect(await folder.list()).toEqual(['boot.img']);
    expect(folder.problems).toMatchObject([{ code: 'ARCHIVE_UNSAFE_NAMES', severity: 'warning' }]);
    expect(folder.problems?.[0]?.message).toContain("'../../etc/passwd' (a path that leads upwards)");
    expect(folder.problems?.[0]?.message).toContain('and 3 more');
  });

  test.each<[string, Partial<ZipFile>, string]>([
    ['encrypted', { flags: 1 }, 'ARCHIVE_ENCRYPTED'],
    ['compressed in a rare way', { method: 12 }, 'ARCHIVE_METHOD_UNSUPPORTED'],
    ['far larger than it can be', { size: 2_000_000_000 }, 'ARCHIVE_DAMAGED'],
    ['empty with a checksum', { size: 0 }, 'ARCHIVE_DAMAGED'],
    ['stored with two sizes', { stored: true, size: 70_000 }, 'ARCHIVE_DAMAGED'],
  ])('a file that is %s is refused when it is opened, others are not', async (_what, lie, code) => {
    const folder = await zip([
      { name: 'bad', content: pattern(80_000), ...lie },
      { name: 'good', content: 'g' },
    ]);
    expect((await refusal(folder.open('bad'))).code).toBe(code);
    expect(await whole(await folder.open('good'))).toHaveLength(1);
  });

  test.each<[string, Partial<ZipFile>]>([
    ['a wrong checksum', { crc32: 1 }],
    ['more data than it says', { size: 79_000 }],
    ['less data than it says', { size: 81_000 }],
    ['no data in its format', { stored: true, method: 8 }],
  ])('%s fails the read that reaches the end', async (_what, lie) => {
    const folder = await zip([{ name: 'bad', content: pattern(80_000), ...lie }]);
    const source = await folder.open('bad');
    expect((await refusal(whole(source))).code).toBe('ARCHIVE_DAMAGED');
    expect((await refusal(whole(source))).code).toBe('ARCHIVE_DAMAGED');
  });

  test('a file that is there twice', async () => {
    const folder = await zip([
      { name: 'boot.img', content: 'one' },
      { name: 'boot.img', content: 'two' },
    ]);
    expect(await folder.list()).toEqual(['boot.img']);
    expect((await refusal(folder.open('boot.img'))).code).toBe('ARCHIVE_DUPLICATE_NAME');
  });

  test('files that share their bytes', async () => {
    const error = await refusal(
      zip([
        { name: 'a', content: pattern(5000) },
        { name: 'b', content: pattern(5000), offset: 0 },
      ]),
    );
    expect(error.code).toBe('ARCHIVE_DAMAGED');
    expect(error.message).toContain('overlap');
  });

  test('a stored file whose header is elsewhere', async () => {
    const folder = await zip([{ name: 'a', content: pattern(50), stored: true, offset: 3 }]);
    expect((await refusal(folder.open('a').then(whole))).code).toBe('ARCHIVE_DAMAGED');
  });

  test.each<[string, Uint8Array]>([
    ['cut off', zipBytes([{ name: 'a', content: pattern(5000) }]).slice(0, 2000)],
    ['a head alone', Uint8Array.of(0x50, 0x4b, 3, 4)],
    ['fewer files than it says', zipBytes([{ name: 'a', content: 'a' }], { entries: 30_000 })],
  ])('%s', async (_what, bytes) => {
    const error = await refusal(openZipFolder(new MemorySource('x.zip', bytes)));
    expect(error.code).toBe('ARCHIVE_DAMAGED');
    expect(error.next.length).toBeGreaterThan(0);
  });

  test('a directory that claims gigabytes is not read', async () => {
    const end = zipBytes([{ name: 'a', content: 'a' }], { directorySize: 0x60000000 });
    const size = 0x80000000;
    const sparse: ByteSource = {
      name: 'x.zip',
      size,
      read: (offset, length) => {
        expect(length).toBeLessThan(64 << 20);
        const bytes = new Uint8Array(Math.min(length, size - offset));
        const at = size - end.length - offset;
        if (at < bytes.length) bytes.set(end.subarray(Math.max(0, -at)), Math.max(0, at));
        return Promise.resolve(bytes);
      },
    };
    expect(['ARCHIVE_DAMAGED', 'ARCHIVE_TOO_LARGE']).toContain((await refusal(openZipFolder(sparse))).code);
  });
});
