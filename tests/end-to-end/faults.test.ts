import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProfile, writePracticeFirmware } from '@unbrick/phone/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsOf, startPhone, unbrick } from '../support/unbrick-process.js';

const TIMEOUT = 90_000;
const work = mkdtempSync(join(tmpdir(), 'unbrick-faults-'));
const firmware: Record<string, string> = {};

beforeAll(async () => {
  for (const name of ['mt6735-emmc', 'mt6765-emmc']) {
    firmware[name] = join(work, name);
    await writePracticeFirmware(await loadProfile(name), firmware[name]);
  }
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

interface Case {
  fault: string;
  mode: 'preloader' | 'brom';
  code: number;
  /** Codes of which one must be told, as an error or a blocker. */
  told: string[];
  wait?: string;
}

const CASES: Case[] = [
  { fault: 'dram-fail', mode: 'brom', code: 1, told: ['DRAM_SETUP_FAILED'] },
  { fault: 'da-rejected', mode: 'preloader', code: 1, told: ['DA_REJECTED'] },
  { fault: 'da-rejected', mode: 'brom', code: 1, told: ['DA_REJECTED'] },
  { fault: 'sla-required', mode: 'brom', code: 3, told: ['SLA_REQUIRED'] },
  { fault: 'signed-only', mode: 'preloader', code: 1, told: ['SECURITY_REFUSED'] },
  { fault: 'disconnect-after=3000000', mode: 'preloader', code: 1, told: ['PHONE_GONE'] },
  { fault: 'bad-write=recovery', mode: 'preloader', code: 1, told: ['VERIFY_FAILED'] },
  { fault: 'write-error=recovery', mode: 'preloader', code: 1, told: ['STORAGE_FAILED'] },
  { fault: 'silent', mode: 'preloader', code: 4, told: ['NO_PHONE'], wait: '4' },
];

describe.each(['mt6735-emmc', 'mt6765-emmc'])('%s on a bad day', (profile) => {
  it.each(CASES)(
    '$fault in $mode mode: exit code $code, $told',
    { timeout: TIMEOUT },
    async ({ fault, mode, code, told, wait }) => {
      const phone = await startPhone(['--profile', profile, '--mode', mode, '--fault', fault]);
      const finished = await unbrick([
        'flash',
        firmware[profile] as string,
        '--port',
        phone.port,
        '--yes',
        '--json',
        '--backup-dir',
        join(work, 'backups'),
        '--wait',
        wait ?? '60',
      ]);
      await phone.stop();
      const { events, report } = eventsOf(finished);
      expect(finished.code, finished.stdout.slice(-2000)).toBe(code);
      expect(report.ok).toBe(false);
      const problems = events.filter(
        (event) => event.type === 'error' || (event.type === 'finding' && event.severity === 'blocker'),
      );
      expect(problems.map((event) => ('code' in event ? event.code : ''))).toEqual(
        expect.arrayContaining([expect.stringMatching(new RegExp(`^(${told.join('|')})$`))]),
      );
      for (const problem of problems) {
        if (!('next' in problem)) continue;
        expect(problem.message).not.toBe('');
        expect(problem.next.length).toBeGreaterThan(0);
      }
      expect(finished.stdout + finished.stderr).not.toMatch(/\n\s+at .*\.js:\d+/);
    },
  );

  it('catches a preloader that shows itself for a moment only', { timeout: TIMEOUT }, async () => {
    const phone = await startPhone(['--profile', profile, '--fault', 'short-window']);
    const finished = await unbrick([
      'flash',
      firmware[profile] as string,
      '--port',
      phone.port,
      '--yes',
      '--json',
      '--backup-dir',
      join(work, 'backups'),
    ]);
    await phone.stop();
    expect(finished.code, finished.stdout.slice(-2000)).toBe(0);
  });

  it('works again after the cable fell out', { timeout: TIMEOUT }, async () => {
    const log = join(work, `${profile}.log`);
    const phone = await startPhone(['--profile', profile, '--fault', 'disconnect-after=2000000', '--log', log]);
    const args = [
      'flash',
      firmware[profile] as string,
      '--port',
      phone.port,
      '--yes',
      '--json',
      '--backup-dir',
      join(work, 'backups'),
    ];
    expect((await unbrick(args)).code).toBe(1);
    expect((await unbrick(args)).code).toBe(0);
    await phone.stop();
    expect(readFileSync(log, 'utf8')).toContain('"writes":true');
  });
});
