import { describe, expect, it } from 'vitest';
import { agentFileBytes } from '../firmware/agent-file.fixture.js';
import { MemoryFolder } from '../firmware/memory-folder.js';
import { openFirmware } from '../firmware/package.js';
import { gptScatter, headText, multiScatter, partitionText } from '../firmware/scatter/scatter-text.fixture.js';
import { type FolderSource, MemorySource } from '../firmware/source.js';
import { hugeZip, zipBytes } from '../firmware/zip/zip.fixture.js';
import { openZipFolder } from '../firmware/zip/zip-folder.js';
import { ascii, concat, SparseChunkHeader, SparseHeader } from '../wire/index.js';
import { compareFirmware } from './compare-firmware.js';
import { inspectFile } from './inspect-file.js';
import { inspectFirmware } from './inspect-firmware.js';

const SCATTER = 'MT6735_Android_scatter.txt';
const EXT4 = concat(new Uint8Array(0x438), Uint8Array.of(0x53, 0xef), new Uint8Array(6000));

const inspect = async (folder: FolderSource) => inspectFirmware(await openFirmware(folder));
const folder = (files: Record<string, Uint8Array | string>) =>
  new MemoryFolder('rom', { [SCATTER]: gptScatter(), ...files });
const side = async (source: FolderSource) => {
  const firmware = await openFirmware(source);
  return { firmware, inspection: await inspectFirmware(firmware) };
};

/** The beginning of a sparse image of 6 GiB whose first piece is an ext4 file system. */
const SPARSE = concat(
  SparseHeader.build({
    magic: 0xed26ff3a,
    majorVersion: 1,
    minorVersion: 0,
    fileHeaderSize: 28,
    chunkHeaderSize: 12,
    blockSize: 4096,
    totalBlocks: 6 << 18,
    totalChunks: 1,
    imageChecksum: 0,
  }),
  SparseChunkHeader.build({ type: 0xcac1, reserved: 0, blocks: 6 << 18, totalSize: 12 }),
  EXT4,
);

describe('inspecting a firmware', () => {
  it('tells for which phone it is and what lies where', async () => {
    const seen = await inspect(
      folder({
        'boot.img': EXT4,
        'lk.bin': 'x',
        'MTK_AllInOne_DA.bin': agentFileBytes({ entries: [{ hwCode: 0x6735 }] }),
        'a.auth': '',
      }),
    );
    expect(seen).toMatchObject({
      type: 'firmware',
      platform: 'MT6735',
      project: 'demo',
      format: 'text V1.1.2',
      authFiles: ['a.auth'],
      agentFiles: [{ agents: [{ hwCode: '0x6735', generation: 'legacy' }] }],
    });
    expect(seen.chips).toContain('MT6735');
    const boot = seen.layouts[0]?.partitions.find((each) => each.name === 'boot');
    expect(boot).toMatchObject({ region: 'user', start: 0x600000, files: ['boot.img'], content: 'ext4 file system' });
    const codes = seen.notes.map((note) => `${note.severity} ${note.code}`);
    expect(codes).toContain('warning IMAGE_UNEXPECTED');
    expect(codes.filter((code) => code === 'error IMAGE_MISSING')).toHaveLength(3);
    expect(JSON.parse(JSON.stringify(seen))).toEqual(seen);
  });

  it('of several storages lists each, and looks at each file once', async () => {
    const seen = await inspect(
      new MemoryFolder('rom', { 'MT6785_Android_scatter.txt': multiScatter(), 'boot.img': EXT4 }),
    );
    expect(seen.layouts.map((layout) => layout.storage)).toEqual(['emmc', 'ufs']);
    expect(seen.notes.filter((note) => note.code === 'IMAGE_UNEXPECTED')).toHaveLength(1);
  });

  it('of an archive of 6 GiB reads almost nothing', async () => {
    let read = 0;
    const scatter =
      headText() +
      partitionText(0, 'super', { physical_start_addr: '0x8000', partition_size: '0x200000000', type: 'EXT4_IMG' });
    const archive = hugeZip(
      [{ name: `fw/${SCATTER}`, content: scatter }],
      { name: 'fw/super.img', head: SPARSE, size: 6 * 2 ** 30 },
      (length) => {
        read += length;
      },
    );
    const seen = await inspect(await openZipFolder(archive));
    expect(seen.layouts[0]?.partitions[0]).toMatchObject({
      name: 'super',
      files: ['fw/super.img'],
      fileSize: 6 * 2 ** 30,
      expandedSize: 6 * 2 ** 30,
      content: 'ext4 file system (sparse)',
    });
    expect(read).toBeLessThan(1 << 20);
  });

  it('a damaged file is a note, not the end', async () => {
    const bytes = zipBytes([
      { name: SCATTER, content: gptScatter() },
      { name: 'boot.img', content: 'x'.repeat(100), flags: 1 },
      { name: 'preloader_demo.bin', content: new Uint8Array(2000) },
      { name: 'lk.bin', content: '<html>' },
    ]);
    const seen = await inspect(await openZipFolder(new MemorySource('rom.zip', bytes)));
    const codes = seen.notes.map((note) => `${note.severity} ${note.code}`);
    expect(codes).toContain('error ARCHIVE_ENCRYPTED');
    expect(codes).toContain('error PRELOADER_ZEROED');
    expect(codes).toContain('error IMAGE_UNEXPECTED');
  });
});

describe('inspecting a file', () => {
  const look = (name: string, bytes: Uint8Array) => inspectFile(new MemorySource(name, bytes));

  it('names what it is', async () => {
    expect(await look('DA_PL.bin', agentFileBytes({ entries: [{ hwCode: 0x6582 }] }))).toMatchObject({
      type: 'agent-file',
    });
    expect(await look('system.img', SPARSE)).toMatchObject({
      type: 'image',
      sparse: true,
      content: 'ext4 file system',
    });
    expect(await look('x.dat', Uint8Array.of(1, 2, 3))).toMatchObject({
      type: 'image',
      details: ['it begins with 010203'],
    });
    expect(await look('boot.img', ascii('ANDROID!...'))).toMatchObject({ notes: [{ code: 'IMAGE_DAMAGED' }] });
  });

  it.each([
    ['x.ofp', Uint8Array.of(1, 2, 3), 'FIRMWARE_IN_CONTAINER'],
    ['x.bin', ascii('Rar!\x1a\x07'), 'FIRMWARE_IN_CONTAINER'],
    ['x.img', ascii('OPPOENCRYPT!'), 'FIRMWARE_IN_CONTAINER'],
    ['x.exe', Uint8Array.of(0x4d, 0x5a), 'FIRMWARE_IN_CONTAINER'],
    ['preloader.bin', new Uint8Array(50), 'PRELOADER_ZEROED'],
  ])('%s is refused with what to do', async (name, bytes, code) => {
    await expect(look(name, bytes)).rejects.toMatchObject({ code, next: expect.arrayContaining([expect.any(String)]) });
  });
});

describe('comparing two firmwares', () => {
  const files = { 'boot.img': EXT4, 'lk.bin': 'one', 'preloader_demo.bin': 'p' };

  it('finds the same the same', async () => {
    const [one, two] = [await side(folder(files)), await side(folder(files))];
    expect(await compareFirmware(one, two)).toMatchObject({ same: true, differences: [] });
  });

  it('tells what moved, grew, vanished, and which images differ', async () => {
    const changed = gptScatter({ project: 'other' })
      .replace('partition_size: 0x1000000\n', 'partition_size: 0x2000000\n')
      .replace('partition_name: lk\n', 'partition_name: lk9\n')
      .replaceAll('0x1600000', '0x2600000');
    const one = await side(folder({ ...files, 'system.img': 'abc' }));
    const two = await side(
      new MemoryFolder('new', { [SCATTER]: changed, ...files, 'lk.bin': 'two', 'system.img': 'abd' }),
    );
    const started: string[] = [];
    const comparison = await compareFirmware(one, two, (name) => started.push(name));
    expect(comparison.same).toBe(false);
    expect(comparison.differences).toEqual([{ what: 'project', first: 'demo', second: 'other' }]);
    const verdicts = Object.fromEntries(
      comparison.layouts[0]?.partitions.map((each) => [each.name, [each.place, each.image]]) ?? [],
    );
    expect(verdicts).toMatchObject({
      boot: ['grew', 'same'],
      lk: ['only-in-first', 'only-in-first'],
      lk9: ['only-in-second', 'only-in-second'],
      system: ['moved', 'differs'],
      userdata: ['same', 'neither'],
      nvram: ['same', 'neither'],
    });
    expect(started).toEqual(['preloader', 'boot', 'system']);
  });

  it('between two archives trusts their checksums, and reads nothing', async () => {
    const archive = (content: string) =>
      openZipFolder(
        new MemorySource(
          'a.zip',
          zipBytes([
            { name: SCATTER, content: gptScatter() },
            { name: 'boot.img', content },
          ]),
        ),
      );
    const [one, two, three] = [
      await side(await archive('abc')),
      await side(await archive('abc')),
      await side(await archive('abd')),
    ];
    expect((await compareFirmware(one, two)).same).toBe(true);
    expect((await compareFirmware(one, three)).same).toBe(false);
  });
});
