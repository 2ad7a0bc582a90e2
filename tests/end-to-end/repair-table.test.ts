import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProfile, writePracticeFirmware } from '@unbrick/phone/node';
import { afterAll, describe, expect, it } from 'vitest';
import { eventsOf, startPhone, unbrick } from '../support/unbrick-process.js';

const TIMEOUT = 60_000;
const work = mkdtempSync(join(tmpdir(), 'unbrick-repair-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe.each([
  ['mt6580-emmc', 'user.bin', 512],
  ['mt6785-ufs', 'lu2.bin', 4096],
])('repair-table on a %s phone', (name, file, sector) => {
  it('makes the damaged primary copy as it was, keeping what it replaced', { timeout: TIMEOUT }, async () => {
    const state = join(work, name);
    const firmware = join(work, `${name}-firmware`);
    const profile = await loadProfile(name);
    // The agent and the memory settings are all that is needed.
    const partitions = profile.partitions.filter(({ operation }) => operation === 'BOOTLOADERS');
    await writePracticeFirmware({ ...profile, partitions }, firmware);
    // Born, then spoiled while it is switched off.
    const born = await startPhone(['--profile', name, '--state', state]);
    await born.stop();
    const path = join(state, file);
    const before = await bytesOf(path, 40 * sector);
    const handle = await open(path, 'r+');
    await handle.write(new Uint8Array(sector), 0, sector, sector);
    await handle.close();

    const phone = await startPhone(['--profile', name, '--state', state]);
    const args = ['--port', phone.port, '--firmware', firmware, '--json', '--yes', '--backup-dir', join(work, name)];
    const finished = await unbrick(['repair-table', ...args]);
    const again = await unbrick(['repair-table', ...args]);
    await phone.stop();

    const { events, report } = eventsOf(finished);
    expect(finished.code, finished.stdout).toBe(0);
    expect(report.phoneState).toContain('primary copy');
    expect(events.filter(({ type }) => type === 'plan')).toHaveLength(1);
    expect(Buffer.compare(await bytesOf(path, 40 * sector), before)).toBe(0);
    expect(eventsOf(again).report.phoneState).toContain('Nothing was written');
    expect(readFileSync(join(state, 'phone.json'), 'utf8')).toContain(name);
  });
});

async function bytesOf(path: string, length: number): Promise<Buffer> {
  const handle = await open(path, 'r');
  const buffer = Buffer.alloc(length);
  await handle.read(buffer, 0, length, 0);
  await handle.close();
  return buffer;
}
