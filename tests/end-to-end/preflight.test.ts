import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Profile } from '@unbrick/phone';
import { loadProfile, writePracticeFirmware } from '@unbrick/phone/node';
import { afterAll, describe, expect, it } from 'vitest';
import { eventsOf, startPhone, unbrick } from '../support/unbrick-process.js';

const work = mkdtempSync(join(tmpdir(), 'unbrick-preflight-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** One way to spoil a good firmware, and what preflight must say. */
interface Spoiled {
  name: string;
  told: RegExp;
  spoil(folder: string, profile: Profile): void;
}

const SPOILED: Spoiled[] = [
  {
    name: 'an image larger than its partition',
    told: /^IMAGE_TOO_LARGE$/,
    spoil: (folder, profile) => truncateSync(join(folder, fileOf(profile, 'lk')), sizeOf(profile, 'lk') + 512),
  },
  {
    name: 'a missing image',
    told: /^IMAGE_MISSING$/,
    spoil: (folder, profile) => unlinkSync(join(folder, fileOf(profile, 'recovery'))),
  },
  {
    name: 'a firmware for another platform',
    told: /^CHIP_MISMATCH$/,
    spoil: (folder, profile) => {
      const scatter = join(folder, `${profile.platform}_Android_scatter.txt`);
      writeFileSync(
        scatter,
        readFileSync(scatter, 'utf8').replace(`platform: ${profile.platform}`, 'platform: MT6592'),
      );
    },
  },
  {
    name: 'a truncated sparse file',
    told: /^IMAGE_DAMAGED$/,
    spoil: (folder, profile) => truncateSync(join(folder, fileOf(profile, 'system')), 1_000_000),
  },
  {
    name: 'a preloader of zeros',
    told: /^PRELOADER_/,
    spoil: (folder, profile) => writeFileSync(join(folder, fileOf(profile, 'preloader')), new Uint8Array(120_000)),
  },
  {
    name: 'no Download Agent',
    told: /^AGENT_MISSING$/,
    spoil: (folder) => unlinkSync(join(folder, 'MTK_AllInOne_DA.bin')),
  },
];

describe.each(['mt6735-emmc', 'mt6765-emmc'])('preflight with a %s phone', (name) => {
  it.each(SPOILED)('stops before any write: $name', { timeout: 60_000 }, async ({ name: what, told, spoil }) => {
    const profile = await loadProfile(name);
    const folder = join(work, `${name}-${what.replace(/\W+/g, '-')}`);
    await writePracticeFirmware(profile, folder);
    spoil(folder, profile);
    const log = `${folder}.log`;
    const phone = await startPhone(['--profile', name, '--log', log]);
    const finished = await unbrick(['flash', folder, '--port', phone.port, '--yes', '--json', '--backup-dir', work]);
    await phone.stop();
    const { events, report } = eventsOf(finished);
    expect(finished.code, finished.stdout).toBe(3);
    expect(report.ok).toBe(false);
    const blockers = events.filter((event) => event.type === 'finding' && event.severity === 'blocker');
    expect(blockers.some((event) => event.type === 'finding' && told.test(event.code))).toBe(true);
    if (existsSync(log)) expect(readFileSync(log, 'utf8')).not.toContain('"writes":true');
  });
});

function partition(profile: Profile, name: string) {
  const found = profile.partitions.find((each) => each.name.toLowerCase() === name);
  if (!found) throw new Error(`${profile.name} has no ${name}`);
  return found;
}

function fileOf(profile: Profile, name: string): string {
  return partition(profile, name).fileName ?? '';
}

function sizeOf(profile: Profile, name: string): number {
  return partition(profile, name).size;
}
