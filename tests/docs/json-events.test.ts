import { readFileSync } from 'node:fs';
import {
  backUpPhone,
  ConnectGuide,
  erasePartitions,
  flash,
  type JobEvent,
  MemoryFolder,
  openFirmware,
  repairTable,
  restorePhone,
} from '@unbrick/core';
import { practiceFirmware } from '@unbrick/phone';
import { Ajv2020, type AnySchemaObject } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { MemoryBackupShelf, type MemoryFolderBackup } from '../support/memory-shelf.js';
import { plugIn, smallNandProfile, smallProfile, wipeNand } from '../support/small-phone.js';

const SCHEMA = new URL('../../packages/cli/schema/events.schema.json', import.meta.url);

/** The schema lets scripts live with properties to come; what is there today has to be described, though. */
function withoutUndescribed(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(withoutUndescribed);
  if (typeof part !== 'object' || part === null) return part;
  const closed = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, withoutUndescribed(value)]));
  return 'properties' in part && 'type' in part ? { ...closed, additionalProperties: false } : closed;
}

const contract = withoutUndescribed(JSON.parse(readFileSync(SCHEMA, 'utf8'))) as AnySchemaObject;
const ajv = new Ajv2020({ allErrors: true }).addSchema(contract);

/** Holds the events, as a reader of the lines gets them, against the contract. */
function expectDescribed(events: readonly JobEvent[]): void {
  for (const event of events) {
    const validate = ajv.getSchema(`${contract.$id}#/$defs/${event.type}`);
    const line = JSON.parse(JSON.stringify(event));
    expect(validate?.(line), JSON.stringify({ line, wrong: validate?.errors })).toBe(true);
  }
}

describe.each(['mt6735-emmc', 'mt6771-ufs', 'mt6855-emmc'])('the lines of --json about %s', (base) => {
  const profile = smallProfile(base);
  const firmwareOf = async (grown = 0) => {
    const files = await practiceFirmware(smallProfile(base, { grown }));
    return openFirmware(new MemoryFolder('firmware', Object.fromEntries(files)));
  };

  it('are what events.schema.json describes', async () => {
    const events: JobEvent[] = [];
    const { phone } = await plugIn(profile);
    const firmware = await firmwareOf();
    const job = { firmware, source: phone.portSource(), emit: (event: JobEvent) => events.push(event) };
    const backups = new MemoryBackupShelf();
    const shelf = new MemoryBackupShelf();

    await backUpPhone({ ...job, backups: shelf, all: true });
    await erasePartitions({ ...job, names: ['userdata'] });
    await repairTable({ ...job, makeFolder: () => backups.make('phone') });
    await flash({ ...job, backups });
    await flash({ ...job, backups, mode: 'format-all', firmware: await firmwareOf(128) });
    await restorePhone({ ...job, folder: shelf.folders[0] as MemoryFolderBackup });
    await flash({ ...job, backups, mode: 'upgrade', selection: { only: ['lk'] } });
    await phone.close();

    const types = new Set(events.map((event) => event.type));
    expect([...types].sort()).toEqual(['error', 'finding', 'note', 'plan', 'progress', 'report']);
    const steps = new Set(
      events.flatMap((event) => (event.type === 'plan' ? event.plan.steps : [])).map(({ kind }) => kind),
    );
    expect([...steps]).toEqual(
      expect.arrayContaining(['backup', 'erase', 'write', 'write-table', 'restore', 'reboot']),
    );
    expectDescribed(events);
  });
});

describe('the lines of --json about phones without a GPT', () => {
  it.each([
    { what: 'eMMC', profile: smallProfile('mt6592-emmc'), grown: smallProfile('mt6592-emmc', { grown: 128 }) },
    { what: 'NAND', profile: smallNandProfile(), grown: smallNandProfile(2) },
  ])('are what events.schema.json describes: $what', async ({ profile, grown }) => {
    const events: JobEvent[] = [];
    const small = await plugIn(profile, 'brom');
    const files = await practiceFirmware(grown);
    const firmware = await openFirmware(new MemoryFolder('firmware', Object.fromEntries(files)));
    const job = { firmware, source: small.phone.portSource(), emit: (event: JobEvent) => events.push(event) };
    const shelf = new MemoryBackupShelf();
    await backUpPhone({ ...job, backups: shelf, all: true });
    await flash({ ...job, backups: new MemoryBackupShelf(), mode: 'upgrade' });
    if (profile.storage.nand) await wipeNand(small);
    await restorePhone({ ...job, folder: shelf.folders[0] as MemoryFolderBackup });
    await small.phone.close();
    const tables = events.flatMap((event) =>
      event.type === 'plan' ? event.plan.steps.filter((step) => step.kind === 'write-table') : [],
    );
    expect(tables.length).toBeGreaterThan(0);
    expectDescribed(events);
  });
});

describe('the lines of --json about a wait', () => {
  it('are what events.schema.json describes', () => {
    const guide = new ConnectGuide(() => 0);
    const told = () => ({ type: 'connection' as const, ...guide.guidance() });
    const events: JobEvent[] = [told()];
    const device = { vendorId: 0x0e8d, productId: 0x2000, busPath: '1-4.2', serialPath: '/dev/ttyACM0' };
    const plugged = { kind: 'devices' as const, devices: [{ ...device, interfaces: ['020201', '0a0000'] }] };
    const refused = {
      kind: 'refused' as const,
      port: '/dev/ttyACM0',
      code: 'PORT_BUSY' as const,
      holders: ['ModemManager (process 812)'],
    };
    for (const observation of [plugged, { kind: 'devices' as const, devices: [] }, plugged, refused]) {
      guide.observe(observation);
      events.push(told());
    }
    expect(events.map((event) => event.type === 'connection' && event.state)).toEqual([
      'nothing',
      'seen',
      'missed',
      'seen',
      'port-held',
    ]);
    expectDescribed(events);
  });
});
