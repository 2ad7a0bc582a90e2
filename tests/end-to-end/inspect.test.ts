import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProfile, writePracticeFirmware } from '@unbrick/phone/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { zipBytes } from '../../packages/core/src/firmware/zip/zip.fixture.js';
import { eventsOf, unbrick } from '../support/unbrick-process.js';

const work = mkdtempSync(join(tmpdir(), 'unbrick-inspect-'));
const folder = join(work, 'rom');
const archive = join(work, 'rom.zip');

beforeAll(async () => {
  await writePracticeFirmware(await loadProfile('mt6735-emmc'), folder);
  const files = readdirSync(folder).map((name) => ({
    name: `rom/${name}`,
    content: new Uint8Array(readFileSync(join(folder, name))),
  }));
  writeFileSync(archive, zipBytes(files));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('a firmware in a zip archive', () => {
  it('is inspected and flashed without being unpacked', { timeout: 120_000 }, async () => {
    const inspected = await unbrick(['inspect', archive, '--verify', '--json']);
    expect(inspected.code).toBe(0);
    expect(JSON.parse(inspected.stdout)).toMatchObject({ type: 'firmware', platform: 'MT6735', name: 'rom.zip' });

    const run = await unbrick([
      'flash',
      archive,
      '--port',
      'virtual:mt6735-emmc',
      '--only',
      'lk,boot,cache',
      '--yes',
      '--no-backup',
      '--json',
    ]);
    const { events, report } = eventsOf(run);
    expect(run.code).toBe(0);
    expect(report.partitions.map((each) => [each.name, each.verifiedBy])).toEqual([
      ['lk', 'readback-sha256'],
      ['boot', 'readback-sha256'],
      ['cache', 'readback-sha256'],
    ]);
    expect(events.some((event) => event.type === 'finding' && event.code === 'CHECKSUMS_MATCH')).toBe(true);
  });

  it('that was damaged on the way stops before a phone is asked for', { timeout: 60_000 }, async () => {
    const bytes = readFileSync(archive);
    bytes[bytes.indexOf('rom/boot.img') + 40_000] = 0;
    bytes[bytes.indexOf('rom/boot.img') + 40_001] = 0;
    const damaged = join(work, 'damaged.zip');
    writeFileSync(damaged, bytes);
    const run = await unbrick(['flash', damaged, '--port', 'virtual:mt6735-emmc', '--only', 'boot', '--yes', '--json']);
    expect(run.code).toBe(3);
    expect(run.stdout).toContain('"code":"ARCHIVE_DAMAGED"');
    expect(run.stdout).not.toContain('"phase":"connect"');
  });
});
