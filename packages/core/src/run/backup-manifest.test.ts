import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../hash.js';
import {
  type BackupOrigin,
  MANIFEST_FILE,
  manifestText,
  parseManifest,
  readManifest,
  verifyBackup,
} from './backup-manifest.js';
import { MemoryBackup } from './testing/memory-backups.js';

const ORIGIN: BackupOrigin = {
  content: 'calibration',
  chip: 'MT6735',
  hwCode: 0x321,
  meId: '01',
  storageKind: 'emmc',
  storageId: '15',
  tableKind: 'gpt',
  partitionTable: [{ name: 'nvram', region: 'user', start: 512, length: 1024 }],
};

async function backup(): Promise<MemoryBackup> {
  const folder = new MemoryBackup();
  const bytes = Uint8Array.of(1, 2, 3);
  const file = await folder.create('nvram.bin');
  await file.write(bytes);
  const { sha256 } = await file.finish();
  const entry = { name: 'nvram.bin', partition: 'nvram', region: 'user' as const, start: 512, bytes: 3, sha256 };
  await folder.writeText(MANIFEST_FILE, manifestText(ORIGIN, [entry]));
  return folder;
}

describe('the manifest of a backup', () => {
  it('comes back as it was written', async () => {
    const manifest = await readManifest(await backup());
    expect(manifest).toMatchObject({ format: 1, ...ORIGIN });
    expect(manifest.files[0]?.sha256).toBe(await sha256Hex(Uint8Array.of(1, 2, 3)));
  });

  it.each([
    ['nothing', ''],
    ['null', 'null'],
    ['another format', '{"format":2}'],
    ['a list', '[]'],
    ['no files', '{"format":1,"hwCode":1,"storageKind":"emmc","storageId":"","tableKind":"gpt","partitionTable":[]}'],
    [
      'a way out of the folder',
      manifestText(ORIGIN, [{ name: '../x', partition: 'x', region: 'user', start: 0, bytes: 1, sha256: '' }]),
    ],
    [
      'an impossible size',
      manifestText(ORIGIN, [{ name: 'x', partition: 'x', region: 'user', start: -1, bytes: 1, sha256: '' }]),
    ],
  ])('is refused: %s', (_what, text) => {
    expect(() => parseManifest(text, 'here')).toThrow(expect.objectContaining({ code: 'BACKUP_UNREADABLE' }));
  });

  it('is missing in a folder that is no backup', async () => {
    await expect(readManifest(new MemoryBackup())).rejects.toMatchObject({ code: 'BACKUP_UNREADABLE' });
  });

  it.each([
    ['a changed byte', (bytes: Uint8Array) => bytes.fill(9, 0, 1)],
    ['a missing byte', (bytes: Uint8Array) => bytes.subarray(0, 2)],
  ])('shows a damaged file: %s', async (_what, spoil) => {
    const folder = await backup();
    const { files } = await readManifest(folder);
    await expect(verifyBackup(folder, files)).resolves.toBeUndefined();
    folder.files.set('nvram.bin', [spoil(folder.bytes('nvram.bin'))]);
    await expect(verifyBackup(folder, files)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
  });
});
