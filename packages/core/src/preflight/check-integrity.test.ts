import { describe, expect, it } from 'vitest';
import { MemoryFolder } from '../firmware/memory-folder.js';
import { openFirmware } from '../firmware/package.js';
import { gptScatter } from '../firmware/scatter/scatter-text.fixture.js';
import { type FolderSource, MemorySource } from '../firmware/source.js';
import { type ZipFile, zipBytes } from '../firmware/zip/zip.fixture.js';
import { openZipFolder } from '../firmware/zip/zip-folder.js';
import { checkIntegrity } from './check-integrity.js';

const SCATTER = 'MT6735_Android_scatter.txt';
/** MD5 of "abc". */
const MD5 = '900150983cd24fb0d6963f7d28e17f72';

async function codes(folder: FolderSource, paths: string[]) {
  const findings = await checkIntegrity(await openFirmware(folder), paths);
  return findings.map((finding) => `${finding.severity} ${finding.code}`);
}

const zip = (files: ZipFile[]) =>
  openZipFolder(new MemorySource('rom.zip', zipBytes([{ name: SCATTER, content: gptScatter() }, ...files])));

describe('the integrity of a firmware', () => {
  it('is not asked for where nothing is listed', async () => {
    const folder = new MemoryFolder('rom', { [SCATTER]: gptScatter(), 'boot.img': 'abc' });
    expect(await codes(folder, ['boot.img'])).toEqual([]);
  });

  it('is proven by the package’s own list, and refuted', async () => {
    const folder = (content: string) =>
      new MemoryFolder('rom', {
        [SCATTER]: gptScatter(),
        'boot.img': content,
        'lk.bin': 'abc',
        'md5sum.txt': `${MD5}  boot.img\n${MD5}  lk.bin`,
      });
    expect(await codes(folder('abc'), ['boot.img', 'lk.bin', 'boot.img'])).toEqual(['ok CHECKSUMS_MATCH']);
    expect(await codes(folder('abd'), ['boot.img', 'lk.bin'])).toEqual([
      'blocker CHECKSUM_WRONG',
      'ok CHECKSUMS_MATCH',
    ]);
    const [wrong] = await checkIntegrity(await openFirmware(folder('abd')), ['boot.img']);
    expect(wrong?.evidence[0]).toBe(`md5sum.txt lists md5 ${MD5}`);
  });

  it('is proven by the archive, stored and deflated', async () => {
    const files = (lie: Partial<ZipFile>): ZipFile[] => [
      { name: 'boot.img', content: 'abc'.repeat(50_000), ...lie },
      { name: 'lk.bin', content: 'abc', stored: true, ...lie },
    ];
    expect(await codes(await zip(files({})), ['boot.img', 'lk.bin'])).toEqual(['ok CHECKSUMS_MATCH']);
    expect(await codes(await zip(files({ crc32: 5 })), ['boot.img', 'lk.bin'])).toEqual([
      'blocker ARCHIVE_DAMAGED',
      'blocker CHECKSUM_WRONG',
    ]);
  });

  it('tells its progress and stops', async () => {
    const firmware = await openFirmware(await zip([{ name: 'boot.img', content: new Uint8Array(3_000_000) }]));
    const seen: number[] = [];
    await checkIntegrity(firmware, ['boot.img'], { onProgress: (_path, bytes) => seen.push(bytes) });
    expect(seen.at(-1)).toBe(3_000_000);
    expect(seen.length).toBeGreaterThan(2);
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(checkIntegrity(firmware, ['boot.img'], { signal })).rejects.toThrow('stopped');
  });
});
