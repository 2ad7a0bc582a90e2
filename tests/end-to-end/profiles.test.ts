import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Agent,
  type AgentJob,
  bootInto,
  type Extent,
  type FirmwarePackage,
  flash,
  type JobEvent,
  MemoryFolder,
  needAgent,
  openFirmware,
  type PartitionTable,
  withAgent,
} from '@unbrick/core';
import { listProfiles, type Profile, practiceFirmware } from '@unbrick/phone';
import { loadProfile } from '@unbrick/phone/node';
import { afterAll, describe, expect, it } from 'vitest';
import { openPortSource } from '../../packages/cli/src/ports/open-source.js';
import { type PhoneProcess, startPhone } from '../support/unbrick-process.js';

const TIMEOUT = 90_000;
const work = mkdtempSync(join(tmpdir(), 'unbrick-profiles-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Every phone there is to practise on: the library in this process, the phone in another, TCP between them. */
describe.each(listProfiles())('%s', (name) => {
  const state = join(work, name);

  it('is flashed where it has least help, then read, erased and restarted', { timeout: TIMEOUT }, async () => {
    const profile = await loadProfile(name);
    const preloader = named(profile, /^preloader/i);
    const chosen = smallest(profile, /^(uboot|lk|lk_a|logo|boot|boot_a|bootimg)$/i);
    const files = await practiceFirmware(withImagesOf(profile, [preloader, chosen]));
    const firmware = await openFirmware(new MemoryFolder(name, Object.fromEntries(files)));
    const image = files.get(chosen.fileName as string) as Uint8Array;

    const mode = profile.modes.includes('brom') ? 'brom' : 'preloader';
    const first = await startPhone(['--profile', name, '--mode', mode, '--state', state]);
    const events: JobEvent[] = [];
    const { outcome, report } = await flash({ ...(await job(first, firmware, events)), firmware });
    await first.stop();
    expect(outcome, JSON.stringify(events.filter(({ type }) => type === 'error' || type === 'finding'))).toBe('done');
    expect(report.partitions.map(({ name: written }) => written).sort()).toEqual([chosen.name, preloader.name].sort());
    expect(report.partitions.every(({ verifiedBy }) => verifiedBy === 'readback-sha256')).toBe(true);

    const second = await startPhone(['--profile', name, '--state', state]);
    const reach = await job(second, firmware, []);
    const victim = smallest(profile, /^(expdb|misc|para|logo)$/i);
    await withAgent(reach, async (_, started) => {
      const agent = needAgent(started);
      const table = await agent.readPartitionTable();
      expectFactoryLayout(profile, table);
      const stored = await read(agent, onPhone(table, chosen.name), image.length);
      expect(Buffer.compare(stored, image), `${chosen.name} is byte-identical`).toBe(0);
      const { region, start, length } = onPhone(table, victim.name);
      await agent.erase({ region, start, length });
      const erased = await read(agent, { region, start, length }, length);
      expect(erased.every((byte) => byte === erased[0]) && [0, 0xff].includes(erased[0] as number)).toBe(true);
    });
    await bootInto(reach.source, 'fastboot', { timeoutMs: TIMEOUT });
    await second.stop();
  });
});

async function job(phone: PhoneProcess, firmware: FirmwarePackage, events: JobEvent[]): Promise<AgentJob> {
  return {
    source: await openPortSource(phone.port),
    firmware,
    waitMs: 60_000,
    emit: (event) => {
      if (event.type !== 'progress') events.push(event);
    },
  };
}

async function read(agent: Agent, { region, start }: Extent, length: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  // The next packet may come in the same memory.
  for await (const piece of agent.read({ region, start, length })) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}

function onPhone(table: PartitionTable, name: string): Extent {
  const entry = table.partitions.find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (!entry) throw new Error(`the phone has no partition ${name}`);
  return entry;
}

function named(profile: Profile, pattern: RegExp): Profile['partitions'][number] {
  const found = profile.partitions.find((partition) => pattern.test(partition.name));
  if (!found) throw new Error(`${profile.name} has no partition ${pattern}`);
  return found;
}

/** The profile as if its firmware had these images only: the others take long to make and to send. */
function withImagesOf(profile: Profile, chosen: readonly Profile['partitions'][number][]): Profile {
  const partitions = profile.partitions.map((partition) => {
    const { fileName: _, ...rest } = partition;
    return chosen.includes(partition) ? partition : rest;
  });
  return { ...profile, partitions };
}

function smallest(profile: Profile, pattern: RegExp): Profile['partitions'][number] {
  return named({ ...profile, partitions: profile.partitions.toSorted((a, b) => a.size - b.size) }, pattern);
}

/** Each partition that the profile places in the user area is where the profile says. */
function expectFactoryLayout(profile: Profile, table: PartitionTable): void {
  const found = new Map(
    table.partitions.map(({ name, region, start, length }) => [name.toLowerCase(), { region, start, length }]),
  );
  let compared = 0;
  for (const { name, start, size, region, operation } of profile.partitions) {
    const place = found.get(name.toLowerCase());
    if (operation === 'BOOTLOADERS' || operation === 'RESERVED' || !place) continue;
    expect({ name, ...place }).toEqual({ name, region, start, length: size });
    compared++;
  }
  expect(compared).toBeGreaterThan(5);
}
