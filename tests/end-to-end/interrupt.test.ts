import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProfile, writePracticeFirmware } from '@unbrick/phone/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsOf, startPhone, unbrick } from '../support/unbrick-process.js';

const PROFILE = 'mt6765-emmc';
const work = mkdtempSync(join(tmpdir(), 'unbrick-interrupt-'));
const firmware = join(work, 'firmware');
beforeAll(async () => {
  await writePracticeFirmware(await loadProfile(PROFILE), firmware);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('Ctrl-C', () => {
  it('while waiting for a phone ends at once', { timeout: 30_000 }, async () => {
    const finished = await unbrick(['flash', firmware, '--port', 'tcp:127.0.0.1:1', '--yes', '--json'], {
      onStart: (child) => child.stdout?.once('data', () => child.kill('SIGINT')),
    });
    expect(finished.code).toBe(130);
    expect(eventsOf(finished).report.phoneState).toBe('Nothing was written to the phone.');
  });

  it('while writing stops between packets, says what is incomplete, and the next run works', {
    timeout: 90_000,
  }, async () => {
    const phone = await startPhone(['--profile', PROFILE, '--link-rate', '20MB/s']);
    const args = ['flash', firmware, '--only', 'system', '--no-backup', '--port', phone.port, '--yes', '--json'];
    const finished = await unbrick(args, {
      onStart: (child) => {
        let seen = '';
        let asked = false;
        child.stdout?.on('data', (text: string) => {
          seen += text;
          // Some way into writing: the second packet has been reported.
          if (asked || (seen.match(/"phase":"write","partition":"system"/g)?.length ?? 0) < 3) return;
          asked = true;
          child.kill('SIGINT');
        });
      },
    });
    const { report } = eventsOf(finished);
    expect(finished.code, finished.stdout.slice(-2000)).toBe(130);
    expect(report.ok).toBe(false);
    expect(report.phoneState).toMatch(/^system is incomplete: do not start the phone/);
    expect((await unbrick(args)).code).toBe(0);
    await phone.stop();
  });
});

describe('a dry run', () => {
  it('without a port plans against the firmware alone', async () => {
    const finished = await unbrick(['flash', firmware, '--dry-run', '--json']);
    expect(finished.code, finished.stdout).toBe(0);
    const { events, report } = eventsOf(finished);
    const plan = events.find((event) => event.type === 'plan');
    expect(plan?.type === 'plan' && plan.plan.steps.map((step) => step.kind)).toContain('write-preloader');
    expect(report.phoneState).toBe('Nothing was written to the phone.');
  });

  it('with a phone shows the plan and writes nothing, not even a backup folder', { timeout: 60_000 }, async () => {
    const log = join(work, 'dry.log');
    const backups = join(work, 'dry-backups');
    const phone = await startPhone(['--profile', PROFILE, '--log', log]);
    const finished = await unbrick([
      ...['flash', firmware, '--dry-run', '--json', '--port', phone.port, '--backup-dir', backups],
    ]);
    await phone.stop();
    expect(finished.code, finished.stdout).toBe(0);
    expect(eventsOf(finished).events.some((event) => event.type === 'plan')).toBe(true);
    expect(readFileSync(log, 'utf8')).not.toContain('"writes":true');
    expect(existsSync(backups) ? readdirSync(backups) : []).toEqual([]);
  });
});

describe('wrong usage', () => {
  it.each([
    { args: ['flash', join(work, 'nowhere'), '--yes'], told: /There is no file or folder/ },
    { args: ['flash', firmware, '--yes', '--port', 'usb?'], told: /port/i },
    { args: ['flash', firmware, '--yes', '--only', 'sistem'], told: /no partition called 'sistem'/ },
    { args: ['flash', firmware], told: /nobody to ask/ },
    { args: ['flash'], told: /missing required argument/ },
    { args: ['phone', '--profile', 'nokia-3310'], told: /nokia-3310/ },
    { args: ['phone', '--profile', PROFILE, '--fault', 'rain'], told: /unknown fault 'rain'/ },
  ])('$args: exit code 2 and a sentence', async ({ args, told }) => {
    const finished = await unbrick(args);
    expect(finished.stdout + finished.stderr).toMatch(told);
    expect(finished.code).toBe(2);
    expect(finished.stdout + finished.stderr).not.toMatch(/\n\s+at .*\.js:\d+/);
  });
});
