import { MemorySource, openImage, openZipFolder, parseAgentFile, parsePreloader } from '@unbrick/core';
import { GfhFileInfo } from '../../../packages/core/src/firmware/preloader-layout.js';
import { gptScatter } from '../../../packages/core/src/firmware/scatter/scatter-text.fixture.js';
import { type ZipFile, zipBytes } from '../../../packages/core/src/firmware/zip/zip.fixture.js';
import { smallNandProfile } from '../../support/small-phone.js';
import { type Files, lookedAt } from './looking-at-files.js';
import { firmwareFiles, smallPhone } from './on-the-phone.js';
import type { Scenario, Scenarios } from './scenario.js';

/** Firmware folders, archives and files that are not as they should be. */

const PRELOADER = 'preloader_len6735_65u_m0.bin';
const PHONE = smallPhone('mt6735-emmc');
const NOTHING = new Uint8Array(0);

type Spoil = (files: Files & Record<string, Uint8Array>) => void;

/** A good firmware after something has happened to it, looked at without a phone. */
const spoilt =
  (spoil: Spoil, profile = PHONE): Scenario =>
  async () => {
    const files = await firmwareFiles(profile);
    spoil(files);
    return lookedAt(files);
  };
const withPreloader = (change: (bytes: Uint8Array) => Uint8Array | undefined) =>
  spoilt((files) => {
    const changed = change((files[PRELOADER] as Uint8Array).slice());
    if (changed) files[PRELOADER] = changed;
    else delete files[PRELOADER];
  });
/** Where the memory settings begin. */
const memoryTable = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset).indexOf('MTK_BLOADER_INFO');
const put = (bytes: Uint8Array, at: number, ...values: number[]) => {
  bytes.set(values, at);
  return bytes;
};

/** Files as they lie in a folder. */
const folder = (files: Files) => () => lookedAt({ 'MT6735_Android_scatter.txt': gptScatter(), ...files });
const brace = (files: Files) => () =>
  lookedAt({ 'MT6577_Android_scatter_emmc.txt': 'PRELOADER 0x0\n{\n}\nUBOOT 0x40000\n{\n}\n', ...files });

/** The same in a zip archive. */
const archive =
  (files: readonly ZipFile[], change: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes): Scenario =>
  async () =>
    lookedAt(await openZipFolder(new MemorySource('firmware.zip', change(zipBytes(files)))));
const SCATTER_IN_ZIP = { name: 'MT6735_Android_scatter.txt', content: gptScatter() };
const bootInArchive = (lie: Partial<ZipFile>): Scenario =>
  archive([SCATTER_IN_ZIP, { name: 'boot.img', content: 'x'.repeat(5000), ...lie }]);

/** One file by itself. */
const image = (bytes: Uint8Array) => async () => {
  const opened = await openImage(new MemorySource('system.img', bytes));
  for (const run of opened.runs) for await (const _ of opened.read(run));
  return [];
};
const sparse = async () => (await firmwareFiles(PHONE))['system.img'] as Uint8Array;

export const FIRMWARE_PACKAGES: Scenarios = {
  FIRMWARE_OPENED: spoilt(() => {}),
  FIRMWARE_NO_SCATTER: () => lookedAt({ 'boot.img': 'x' }),
  FIRMWARE_SEVERAL_SCATTERS: spoilt((files) => {
    files['MT6735_Android_scatter_old.txt'] = files['MT6735_Android_scatter.txt'] as Uint8Array;
  }),
  FIRMWARE_SIGNED_SET: spoilt((files) => {
    files['boot-verified.img'] = files['boot.img'] as Uint8Array;
  }),
  FIRMWARE_FILES_ABSENT: brace({ 'preloader_a.bin': 'p' }),
  FIRMWARE_FILE_AMBIGUOUS: brace({ 'preloader_a.bin': 'p', 'preloader_b.bin': 'p' }),
  FIRMWARE_PIECES: folder({ 'system.img_sparsechunk.0': 'a', 'system.img_sparsechunk.1': 'b' }),
  FIRMWARE_PIECES_MISSING: folder({ 'system.img_sparsechunk.0': 'a', 'system.img_sparsechunk.2': 'b' }),
  NOTHING_TO_WRITE: async () =>
    lookedAt({ 'MT6735_Android_scatter.txt': gptScatter().replaceAll('is_download: true', 'is_download: false') }),

  IMAGE_MISSING: spoilt((files) => delete files['boot.img']),
  IMAGE_DAMAGED: spoilt((files) => {
    files['boot.img'] = NOTHING;
  }),
  IMAGE_TOO_LARGE: spoilt((files) => {
    files['lk.img'] = new Uint8Array(128 * 1024 + 512);
  }),
  IMAGE_UNEXPECTED: spoilt((files) => {
    files['boot.img'] = files['lk.img'] as Uint8Array;
  }),
  NAND_IMAGE_KIND: spoilt((files) => {
    const name = Object.keys(files).find((each) => /scatter/.test(each)) as string;
    const text = new TextDecoder().decode(files[name]);
    files[name] = new TextEncoder().encode(text.replaceAll(/^(\s+type: )(?!SV5).*$/gm, '$1YAFFS_IMG'));
  }, smallNandProfile()),
  FILE_TRUNCATED: async () => {
    const source = new MemorySource('boot.img', new Uint8Array(100));
    const shrinking = { ...source, name: 'boot.img', size: 200, read: source.read.bind(source) };
    const opened = await openImage(shrinking);
    for (const run of opened.runs) for await (const _ of opened.read(run));
    return [];
  },
  FILE_UNREADABLE: async () => {
    const broken = {
      name: 'firmware',
      list: async () => ['MT6735_Android_scatter.txt', 'boot.img'],
      open: async (path: string) => {
        if (path === 'boot.img') throw new Error('EIO: i/o error');
        return new MemorySource(path, new TextEncoder().encode(gptScatter()));
      },
    };
    return lookedAt(broken);
  },
  SPARSE_DAMAGED: async () => image(put((await sparse()).slice(), 28, 0xff, 0xff))(),
  SPARSE_TRUNCATED: async () => image((await sparse()).slice(0, 1000))(),

  PRELOADER_MISSING: withPreloader(() => undefined),
  PRELOADER_GUESSED: spoilt((files) => {
    files['preloader_other.bin'] = files[PRELOADER] as Uint8Array;
    delete files[PRELOADER];
  }),
  PRELOADER_AMBIGUOUS: spoilt((files) => {
    files['preloader_one.bin'] = files['preloader_two.bin'] = files[PRELOADER] as Uint8Array;
    delete files[PRELOADER];
  }),
  PRELOADER_ZEROED: withPreloader((bytes) => bytes.fill(0)),
  PRELOADER_TRUNCATED: withPreloader((bytes) => bytes.subarray(0, 50_000)),
  PRELOADER_UNREADABLE: withPreloader(() => new TextEncoder().encode('<html>not found</html>')),
  PRELOADER_FILE_TYPE: withPreloader((bytes) => put(bytes, GfhFileInfo.offsets.fileType, 0x42)),
  PRELOADER_RENAMED: async () => {
    const bytes = (await firmwareFiles(PHONE))[PRELOADER] as Uint8Array;
    return parsePreloader('preloader_of_another.bin', bytes).problems;
  },
  EMI_MISSING: withPreloader((bytes) => put(bytes, memoryTable(bytes), 0x58)),
  EMI_TRUNCATED: withPreloader((bytes) => put(bytes, memoryTable(bytes) + 0x6c, 40)),
  EMI_UNREADABLE: withPreloader((bytes) => bytes.fill(0x20, memoryTable(bytes) + 0x74, memoryTable(bytes) + 0xb0)),
  AGENT_FILE_UNREADABLE: () => {
    parseAgentFile('MTK_AllInOne_DA.bin', new Uint8Array(1000));
    return [];
  },

  CHECKSUMS_MATCH: archive([SCATTER_IN_ZIP, { name: 'boot.img', content: 'x' }]),
  CHECKSUM_WRONG: folder({ 'boot.img': 'abc', 'Checksum.ini': '[CheckSum]\nboot=0x1\n' }),
  CHECKSUM_LIST_UNREADABLE: folder({ 'boot.img': 'abc', 'Checksum.ini': '[CheckSum]\nboot=0x126\n???\n' }),

  ARCHIVE_DAMAGED: archive([SCATTER_IN_ZIP], (bytes) => bytes.subarray(0, 200)),
  ARCHIVE_ENCRYPTED: bootInArchive({ flags: 1 }),
  ARCHIVE_METHOD_UNSUPPORTED: bootInArchive({ method: 12 }),
  ARCHIVE_TOO_LARGE: async () => {
    // The end of a zip archive, whose directory is said to take two of its three gigabytes.
    const size = 3 * 2 ** 30;
    const end = new DataView(new ArrayBuffer(22));
    end.setUint32(0, 0x06054b50, true);
    end.setUint16(8, 1, true);
    end.setUint16(10, 1, true);
    end.setUint32(12, 2 ** 31, true);
    end.setUint32(16, size - 22 - 2 ** 31, true);
    const read = async (offset: number, length: number) => {
      const bytes = new Uint8Array(length);
      if (offset + length > size - 22)
        bytes.set(new Uint8Array(end.buffer).subarray(0, offset + length - (size - 22)), size - 22 - offset);
      return bytes;
    };
    return lookedAt(await openZipFolder({ name: 'firmware.zip', size, read }));
  },
  ARCHIVE_DUPLICATE_NAME: archive([
    SCATTER_IN_ZIP,
    { name: 'boot.img', content: '1' },
    { name: 'boot.img', content: '2' },
  ]),
  ARCHIVE_UNSAFE_NAMES: archive([SCATTER_IN_ZIP, { name: '../../boot.img', content: 'x' }]),
  ARCHIVE_SPLIT: archive([SCATTER_IN_ZIP], (bytes) => {
    // The end of the directory says that it is on the third disk.
    const end = bytes.length - 22;
    return put(put(bytes, end + 4, 2, 0), end + 6, 2, 0);
  }),
};
