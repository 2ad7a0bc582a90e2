import { beforeEach, describe, expect, it } from 'vitest';
import { UnbrickError } from '../errors/unbrick-error.js';
import type { FirmwareFacts } from '../firmware/firmware-facts.js';
import { openImage } from '../firmware/image.js';
import { MemorySource } from '../firmware/source.js';
import { sha256Hex } from '../hash.js';
import type { Plan, PlanStep } from '../plan/plan.js';
import type { PartitionTable, StorageInfo } from '../storage/storage.js';
import type { JobEvent } from './events.js';
import { PhoneState } from './phone-state.js';
import { type RunRecord, runPlan } from './run-plan.js';
import { FakeAgent } from './testing/fake-agent.js';
import { MemoryBackup } from './testing/memory-backups.js';

const MIB = 1 << 20;
const STORAGE: StorageInfo = {
  kind: 'emmc',
  blockSize: 512,
  regions: new Map([
    ['boot1', 256 * 1024],
    ['boot2', 256 * 1024],
    ['user', 4 * MIB],
  ]),
  id: new Uint8Array(16),
};
const NVRAM = { name: 'nvram', region: 'user', start: MIB, length: 64 * 1024 } as const;
const BOOT = { name: 'boot', region: 'user', start: 2 * MIB, length: MIB } as const;
const TABLE: PartitionTable = { kind: 'gpt', source: 'test', partitions: [NVRAM, BOOT] };
const IMAGE = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) & 0xff);
const PRELOADER = Uint8Array.from({ length: 20_000 }, (_, i) => (i * 7) & 0xff);

let agent: FakeAgent;
let backup: MemoryBackup;
let events: JobEvent[];
let record: RunRecord;
let facts: FirmwareFacts;

const BACKUP_STEP: PlanStep = {
  kind: 'backup',
  partition: 'nvram',
  extent: NVRAM,
  fileName: 'nvram.bin',
  bytes: NVRAM.length,
  risk: 'none',
};
const WRITE_STEP: PlanStep = {
  kind: 'write',
  partition: 'boot',
  extent: BOOT,
  path: 'boot.img',
  format: 'raw',
  bytes: IMAGE.length,
  risk: 'high',
};
const PRELOADER_STEP: PlanStep = {
  kind: 'write-preloader',
  partition: 'preloader',
  path: 'preloader.bin',
  regions: ['boot1', 'boot2'],
  bytes: PRELOADER.length,
  risk: 'high',
};
const REBOOT_STEP: PlanStep = { kind: 'reboot', partition: '', bytes: 0, risk: 'none' };

beforeEach(async () => {
  agent = new FakeAgent(STORAGE, TABLE);
  agent.memory.get('user')?.fill(0xc5, NVRAM.start, NVRAM.start + NVRAM.length);
  backup = new MemoryBackup();
  events = [];
  record = { partitions: [], kept: [], state: new PhoneState() };
  facts = {
    selected: [{ path: 'boot.img', image: await openImage(new MemorySource('boot.img', IMAGE)) }],
    preloader: { file: PRELOADER },
  } as unknown as FirmwareFacts;
});

function run(steps: PlanStep[], stop?: AbortSignal): Promise<void> {
  const plan: Plan = { mode: 'download', firmware: 'test', phone: 'test', steps };
  return runPlan(agent, plan, record, {
    facts,
    backup: {
      folder: backup,
      origin: {
        content: 'calibration',
        chip: 'MT6735',
        hwCode: 0x321,
        storageKind: 'emmc',
        storageId: '00',
        tableKind: 'gpt',
        partitionTable: [...TABLE.partitions],
      },
    },
    emit: (event) => events.push(event),
    ...(stop ? { stop } : {}),
  });
}

describe('a whole run', () => {
  it('backs up first, writes, reads back, writes the preloader last, restarts', async () => {
    await run([BACKUP_STEP, WRITE_STEP, PRELOADER_STEP, REBOOT_STEP]);
    const verbs = agent.diary.map((line) => line.replace(/ user\+\d+:\d+| boot[12]\+.*/g, ''));
    expect(verbs).toEqual(['read', 'write', 'read', 'write preloader', 'read', 'read', 'reboot normal']);
    expect(agent.memory.get('user')?.slice(BOOT.start, BOOT.start + IMAGE.length)).toEqual(IMAGE);
    expect(
      record.partitions.map(({ name, bytes, sha256, verifiedBy }) => ({ name, bytes, sha256, verifiedBy })),
    ).toEqual([
      { name: 'boot', bytes: IMAGE.length, sha256: await sha256Hex(IMAGE), verifiedBy: 'readback-sha256' },
      { name: 'preloader', bytes: PRELOADER.length, sha256: await sha256Hex(PRELOADER), verifiedBy: 'readback-sha256' },
    ]);
    expect(record.state.describe()).toBe('Written and verified: boot, preloader. The phone is starting.');
  });

  it('makes the second boot area from the first where the agent writes one only, header and all', async () => {
    agent.promised = ['boot1'];
    agent.memory.get('boot1')?.fill(0x42, 0, 0x800);
    await run([PRELOADER_STEP]);
    expect(agent.diary).toContain(`write boot2+0:${Math.ceil((0x800 + PRELOADER.length) / 512) * 512}`);
    expect(agent.memory.get('boot2')).toEqual(agent.memory.get('boot1'));
    expect(events.some((event) => event.type === 'note')).toBe(false);
  });

  it('accepts an agent that lets nobody write the second boot area, and says so', async () => {
    agent.promised = ['boot1'];
    agent.refused = ['boot2'];
    await run([PRELOADER_STEP]);
    const notes = events.flatMap((event) => (event.type === 'note' ? [event.message] : []));
    expect(notes).toEqual(['boot2 keeps the preloader it had: this agent writes boot1 only (AGENT_REFUSED).']);
    expect(record.partitions).toHaveLength(1);
  });

  it('does not believe a copy that reads back differently', async () => {
    agent.promised = ['boot1'];
    agent.onPacket = (kind) => {
      if (kind === 'write') agent.badWrites = true;
    };
    const copied = run([PRELOADER_STEP]);
    await expect(copied).rejects.toMatchObject({ code: 'VERIFY_FAILED', message: expect.stringContaining('boot2') });
  });

  it('keeps a backup with checksums and manifest', async () => {
    await run([BACKUP_STEP]);
    const bytes = backup.bytes('nvram.bin');
    expect(bytes).toEqual(new Uint8Array(NVRAM.length).fill(0xc5));
    expect(backup.texts.get('SHA256SUMS')).toBe(`${await sha256Hex(bytes)}  nvram.bin\n`);
    expect(JSON.parse(backup.texts.get('manifest.json') ?? '')).toMatchObject({ format: 1, chip: 'MT6735' });
    expect(record.backup?.files).toHaveLength(1);
  });

  it('reports progress from 0 to the total in each phase', async () => {
    await run([BACKUP_STEP, WRITE_STEP]);
    for (const phase of ['backup', 'write', 'verify']) {
      const seen = events.flatMap((event) => (event.type === 'progress' && event.phase === phase ? [event] : []));
      expect(seen[0]?.bytes).toBe(0);
      expect(seen.at(-1)?.bytes).toBe(seen.at(-1)?.total);
    }
  });
});

describe('when something goes wrong', () => {
  it('finds what the phone did not store', async () => {
    agent.badWrites = true;
    await expect(run([WRITE_STEP, REBOOT_STEP])).rejects.toMatchObject({ code: 'VERIFY_FAILED', stage: 'verify' });
    expect(agent.diary).not.toContain('reboot normal');
    expect(record.state.describe()).toMatch(/^boot is incomplete/);
  });

  it('finds a boot area that does not hold the preloader', async () => {
    agent.badWrites = true;
    await expect(run([PRELOADER_STEP])).rejects.toMatchObject({ code: 'VERIFY_FAILED' });
    expect(record.state.describe()).toMatch(/^preloader is incomplete/);
  });

  it.each(['full', 'spoil'] as const)('writes nothing when the backup disk is bad (%s)', async (what) => {
    backup[what] = true;
    await expect(run([BACKUP_STEP, WRITE_STEP])).rejects.toMatchObject({ code: 'BACKUP_FAILED', stage: 'backup' });
    expect(agent.diary.some((line) => line.startsWith('write'))).toBe(false);
    expect(record.state.touched).toBe(false);
  });

  it('names its own mistake when a plan does not belong to the firmware', async () => {
    const stale = { ...WRITE_STEP, path: 'other.img' } as PlanStep;
    await expect(run([stale])).rejects.toBeInstanceOf(UnbrickError);
    expect(agent.diary).toEqual([]);
  });
});

describe('a soft stop', () => {
  it('ends a write between packets and says that the partition is incomplete', async () => {
    const controller = new AbortController();
    const image = await openImage(new MemorySource('boot.img', new Uint8Array(3 * MIB)));
    facts = { ...facts, selected: [{ path: 'boot.img', image }] } as unknown as FirmwareFacts;
    agent.onPacket = (kind) => kind === 'write' && controller.abort(new Error('stop'));
    const step = { ...WRITE_STEP, bytes: 3 * MIB, extent: { ...BOOT, start: 0, length: 4 * MIB } } as PlanStep;
    await expect(run([step, REBOOT_STEP], controller.signal)).rejects.toThrow('stop');
    expect(record.state.describe()).toMatch(/^boot is incomplete: do not start the phone/);
    expect(agent.diary).not.toContain('reboot normal');
  });

  it('does not interrupt the preloader', async () => {
    const controller = new AbortController();
    const writing = agent.writePreloader.bind(agent);
    agent.writePreloader = async (file) => {
      controller.abort(new Error('stop'));
      return writing(file);
    };
    await expect(run([PRELOADER_STEP, REBOOT_STEP], controller.signal)).rejects.toThrow('stop');
    expect(record.partitions).toHaveLength(1);
    expect(record.state.describe()).toBe('Written and verified: preloader. The phone was not restarted.');
  });
});
