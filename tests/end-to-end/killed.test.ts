import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProfile, writePracticeFirmware } from '@unbrick/phone/node';
import { afterAll, describe, expect, it } from 'vitest';
import { PRECIOUS, smallProfile } from '../support/small-phone.js';
import { eventsOf, startPhone, unbrick } from '../support/unbrick-process.js';

const work = mkdtempSync(join(tmpdir(), 'unbrick-killed-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('a program that is killed while it formats a phone', () => {
  it('goes on with its first backup when the command is repeated, from whatever folder', {
    timeout: 120_000,
  }, async () => {
    const profileFile = join(work, 'small.json');
    writeFileSync(profileFile, JSON.stringify(smallProfile('mt6765-emmc')));
    const grownFile = join(work, 'grown.json');
    writeFileSync(grownFile, JSON.stringify(smallProfile('mt6765-emmc', { grown: 128 })));
    const [profile, grown] = [await loadProfile(profileFile), await loadProfile(grownFile)];
    const firmware = join(work, 'firmware');
    await writePracticeFirmware(grown, firmware);
    const state = join(work, 'phone');
    const stateDir = join(work, 'state');
    const phone = await startPhone(['--profile', profileFile, '--state', state]);
    const before = calibration(profile, state);
    const args = (backups: string) => [
      ...['flash', firmware, '--mode', 'format-all', '--port', phone.port, '--yes', '--json'],
      ...['--backup-dir', join(work, backups)],
    ];

    const killed = await unbrick(args('backups'), {
      stateDir,
      onStart: (child) => {
        let seen = '';
        child.stdout?.on('data', (text: string) => {
          seen += text;
          if (/"phase":"verify","partition":"boot"/.test(seen)) child.kill('SIGKILL');
        });
      },
    });
    expect(killed.code).toBeNull();
    expect(killed.stdout).not.toContain('"type":"report"');

    const download = await unbrick(['flash', firmware, '--port', phone.port, '--yes', '--json'], { stateDir });
    expect(download.code, download.stdout).toBe(3);
    expect(download.stdout).toContain('UNFINISHED_JOB');

    const again = await unbrick(args('elsewhere'), { stateDir });
    await phone.stop();
    expect(again.code, again.stdout + again.stderr).toBe(0);
    expect(eventsOf(again).report.ok).toBe(true);
    expect(again.stdout).toContain('"code":"UNFINISHED_JOB"');
    expect(calibration(grown, state)).toEqual(before);
    expect(readdirSync(join(work, 'backups'))).toHaveLength(1);
    expect(readdirSync(join(stateDir, 'unfinished'))).toEqual([]);
  });
});

/** The calibration partitions of a phone laid out like this, as hex text. */
function calibration(profile: Awaited<ReturnType<typeof loadProfile>>, state: string): Record<string, string> {
  const user = readFileSync(join(state, 'user.bin'));
  return Object.fromEntries(
    PRECIOUS.map((name) => {
      const { start = 0, size = 0 } = profile.partitions.find((each) => each.name === name) ?? {};
      return [name, user.subarray(start, start + size).toString('hex')];
    }),
  );
}
