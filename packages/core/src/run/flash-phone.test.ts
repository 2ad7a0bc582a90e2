import { describe, expect, it } from 'vitest';
import type { FirmwareFacts } from '../firmware/firmware-facts.js';
import type { Plan } from '../plan/plan.js';
import type { JobEvent } from './events.js';
import { type FlashMode, type FlashWishes, flashPhone } from './flash-phone.js';
import { readJournal } from './journal.js';
import { JobEnd, Judge } from './judge.js';
import { PhoneState } from './phone-state.js';
import type { RunRecord } from './run-plan.js';
import type { FakeAgent } from './testing/fake-agent.js';
import { MemoryShelf } from './testing/memory-backups.js';
import {
  bornPhone,
  bytesOf,
  entriesOf,
  FACTORY,
  firmwareFacts,
  GROWN,
  IDENTITY,
  PRECIOUS,
} from './testing/rebuild-phone.fixture.js';

/** The program is gone, as after SIGKILL: nothing of it runs any more. */
class Killed extends Error {}

interface Run {
  outcome: string;
  events: JobEvent[];
  record: RunRecord;
  plan?: Plan;
}

/**
 * @param onMoment called at every border between two steps, before and after it is noted down, and at the start and in the
 *   middle of everything that changes the phone
 */
async function run(
  agent: FakeAgent,
  facts: FirmwareFacts,
  wishes: Omit<FlashWishes, 'emit' | 'backups'> & { backups?: MemoryShelf },
  force: string[] = [],
  onMoment: () => void = () => {},
): Promise<Run> {
  const events: JobEvent[] = [];
  const emit = (event: JobEvent) => events.push(event);
  if (wishes.backups) wishes.backups.onNote = onMoment;
  const record: RunRecord = { partitions: [], kept: [], state: new PhoneState() };
  const result: Run = { outcome: 'failed', events, record };
  agent.onPacket = (kind, offset) => {
    if (kind !== 'read' && (kind !== 'write' || offset <= 4096)) onMoment();
  };
  const job = { agent, identity: IDENTITY, facts, record };
  try {
    result.outcome = await flashPhone(
      { ...job, wishes: { ...wishes, emit }, judge: new Judge(emit, force, wishes.checkOnly) },
      (plan) => {
        result.plan = plan;
      },
    );
  } catch (cause) {
    if (cause instanceof JobEnd) result.outcome = cause.outcome;
    else throw cause;
  }
  return result;
}

/** Everything that has to be true of the phone when the job is done. */
async function expectWhole(agent: FakeAgent, facts: FirmwareFacts, rows = FACTORY): Promise<void> {
  const { partitions } = await agent.readPartitionTable();
  expect(partitions).toEqual(entriesOf(rows));
  for (const { name, start, length } of entriesOf(rows)) {
    const bytes = agent.memory.get('user')?.subarray(start, start + length) ?? new Uint8Array(0);
    if (PRECIOUS.includes(name)) {
      expect(same(bytes, bytesOf(`factory ${name}`, length)), `${name} is what it was`).toBe(true);
    }
    const image = facts.selected.find((fact) => fact.partition.name === name)?.image;
    for (const run of image?.runs ?? []) {
      for await (const piece of image?.read(run) ?? []) {
        expect(same(bytes.subarray(0, piece.length), piece), `${name} holds its image`).toBe(true);
      }
    }
  }
  const preloader = facts.preloader?.file as Uint8Array;
  expect(same(agent.memory.get('boot1')?.subarray(0x800, 0x800 + preloader.length) as Uint8Array, preloader)).toBe(
    true,
  );
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function codes(events: readonly JobEvent[], severity: string): string[] {
  return events.flatMap((event) => (event.type === 'finding' && event.severity === severity ? [event.code] : []));
}

const MODES: FlashMode[] = ['upgrade', 'format-all'];

describe.each(MODES)('%s', (mode) => {
  it('keeps calibration and lock state in place, and empties what a new system cannot use', async () => {
    const agent = bornPhone();
    const facts = await firmwareFacts();
    const { outcome, record } = await run(agent, facts, { mode, backups: new MemoryShelf() });
    expect(outcome).toBe('done');
    await expectWhole(agent, facts);
    expect(record.kept.sort()).toEqual([...PRECIOUS].sort());
    for (const empty of mode === 'upgrade' ? ['para'] : ['para', 'vendorlog']) expect(contentOf(agent, empty)).toBe(0);
    // An upgrade leaves alone what it does not know; a format does not.
    expect(contentOf(agent, 'vendorlog') > 0).toBe(mode === 'upgrade');
  });

  it('moves them along when the firmware has another layout', async () => {
    const agent = bornPhone();
    const facts = await firmwareFacts({ rows: GROWN });
    const { outcome, plan, events } = await run(agent, facts, { mode, backups: new MemoryShelf() });
    expect(outcome).toBe('done');
    await expectWhole(agent, facts, GROWN);
    expect(codes(events, 'warning')).toContain('LAYOUT_CHANGES');
    const kinds = plan?.steps.map((step) => step.kind) ?? [];
    expect(kinds.indexOf('write-table')).toBeGreaterThan(kinds.lastIndexOf('erase'));
    expect(kinds.indexOf('restore')).toBeGreaterThan(kinds.indexOf('write-table'));
    expect(kinds.indexOf('write')).toBeGreaterThan(kinds.lastIndexOf('restore'));
    expect(kinds.indexOf('write-preloader')).toBe(kinds.length - 2);
  });

  it('does exactly what the plan says, in its order', async () => {
    for (const rows of [FACTORY, GROWN]) {
      const agent = bornPhone();
      const dry = await run(agent, await firmwareFacts({ rows }), { mode, backups: new MemoryShelf(), dryRun: true });
      expect(dry.outcome).toBe('planned');
      expect(changes(agent)).toEqual([]);
      const { plan } = await run(agent, await firmwareFacts({ rows }), { mode, backups: new MemoryShelf() });
      expect(plan).toEqual(dry.plan);
      expect(changes(agent)).toEqual(planned(plan as Plan));
    }
  });

  it('puts back what the memory chip has erased beside', async () => {
    const agent = bornPhone();
    const erase = agent.erase.bind(agent);
    agent.erase = async (extent) => {
      await erase(extent);
      agent.memory.get(extent.region)?.fill(0, Math.max(0, extent.start - 512), extent.start);
    };
    const facts = await firmwareFacts();
    const { outcome, record } = await run(agent, facts, { mode, backups: new MemoryShelf() });
    expect(outcome).toBe('done');
    await expectWhole(agent, facts);
    expect(record.partitions.map((each) => each.name).filter((name) => PRECIOUS.includes(name))).not.toEqual([]);
  });

  it.each([
    { what: 'the same layout', rows: FACTORY },
    { what: 'another layout', rows: GROWN },
  ])(
    'ends well when it is killed at any moment and started again: $what',
    async ({ rows }) => {
      const facts = await firmwareFacts({ rows });
      for (let moment = 1; ; moment++) {
        const agent = bornPhone();
        const shelf = new MemoryShelf();
        const killed = await killedAt(moment, agent, facts, mode, shelf);
        if (!killed) {
          expect(moment, 'moments at which it was killed').toBeGreaterThan(40);
          break;
        }
        // The frightened user repeats the command.
        const again = await run(agent, facts, { mode, backups: shelf });
        expect(again.outcome, `killed at moment ${moment}`).toBe('done');
        await expectWhole(agent, facts, rows);
      }
    },
    60_000,
  );

  it('ends well when it is killed again and again', async () => {
    const facts = await firmwareFacts({ rows: GROWN });
    const agent = bornPhone();
    const shelf = new MemoryShelf();
    for (const moment of [3, 8, 15, 11, 26, 5, 19]) {
      expect(await killedAt(moment, agent, facts, mode, shelf)).toBe(true);
    }
    expect((await run(agent, facts, { mode, backups: shelf })).outcome).toBe('done');
    await expectWhole(agent, facts, GROWN);
    // One backup, from the whole phone, was enough; those of killed backups were never finished.
    const journals = await Promise.all(shelf.folders.map((folder) => readJournal(folder)));
    expect(journals.filter((journal) => journal !== undefined)).toHaveLength(1);
    expect(shelf.notes.size).toBe(0);
  });

  it('goes on when the disk of the journal is full, says so once, and can still be repeated', async () => {
    const facts = await firmwareFacts({ rows: GROWN });
    const agent = bornPhone();
    const shelf = new MemoryShelf();
    let moment = 0;
    const done = await run(agent, facts, { mode, backups: shelf }, [], () => {
      for (const folder of shelf.folders) folder.full = ++moment > 12;
    });
    expect(done.outcome).toBe('done');
    await expectWhole(agent, facts, GROWN);
    const notes = done.events.flatMap((event) => (event.type === 'note' ? [event.message] : []));
    expect(notes.filter((message) => message.includes('ENOSPC'))).toHaveLength(1);

    // What is not noted counts as not done.
    for (const folder of shelf.folders) folder.full = false;
    const again = await run(agent, facts, { mode, backups: shelf });
    expect(codes(again.events, 'warning')).toContain('UNFINISHED_JOB');
    expect(again.outcome).toBe('done');
    await expectWhole(agent, facts, GROWN);
    expect(shelf.notes.size).toBe(0);
  });

  it('changes nothing when its journal cannot even be begun', async () => {
    const agent = bornPhone();
    const shelf = new MemoryShelf();
    const stopped = run(agent, await firmwareFacts(), { mode, backups: shelf }, [], () => {
      for (const folder of shelf.folders) folder.full = true;
    });
    await expect(stopped).rejects.toMatchObject({ code: 'BACKUP_FAILED', stage: 'backup' });
    expect(changes(agent)).toEqual([]);
  });

  it('leaves no open journal behind when the note that leads to it cannot be made', async () => {
    const facts = await firmwareFacts();
    const agent = bornPhone();
    const shelf = new MemoryShelf();
    const begin = shelf.begin.bind(shelf);
    shelf.begin = () => Promise.reject(new Error('EACCES: permission denied'));
    await expect(run(agent, facts, { mode, backups: shelf })).rejects.toMatchObject({ code: 'BACKUP_FAILED' });
    expect(changes(agent)).toEqual([]);
    const [folder] = shelf.folders;
    expect(folder && (await readJournal(folder))?.finished).toBe(true);
    shelf.begin = begin;
    expect((await run(agent, facts, { mode: 'download', backups: shelf })).outcome).toBe('done');
  });

  it('goes on where it was, and says so', async () => {
    const facts = await firmwareFacts({ rows: GROWN });
    const agent = bornPhone();
    const shelf = new MemoryShelf();
    await killedWhen(
      (event) => event.type === 'progress' && event.phase === 'verify' && event.partition === 'userdata',
      {
        agent,
        facts,
        mode,
        shelf,
      },
    );
    agent.diary.length = 0;
    const again = await run(agent, facts, { mode, backups: shelf });
    expect(codes(again.events, 'warning')).toContain('UNFINISHED_JOB');
    const proven = again.plan?.steps.filter((step) => step.proven).map((step) => step.partition) ?? [];
    expect(proven).toEqual(expect.arrayContaining(['lk', 'boot', 'system']));
    expect(changes(agent)).toEqual(planned(again.plan as Plan));
    expect(again.plan?.steps.some((step) => step.kind === 'backup')).toBe(false);
    await expectWhole(agent, facts, GROWN);
  });

  it('writes everything again when the phone no longer holds what was proven', async () => {
    const facts = await firmwareFacts();
    const agent = bornPhone();
    const shelf = new MemoryShelf();
    await killedWhen(
      (event) => event.type === 'progress' && event.phase === 'verify' && event.partition === 'userdata',
      {
        agent,
        facts,
        mode,
        shelf,
      },
    );
    const { start } = entriesOf(FACTORY).find((entry) => entry.name === 'boot') as { start: number };
    agent.memory.get('user')?.fill(0xee, start, start + 100);
    const again = await run(agent, facts, { mode, backups: shelf });
    expect(again.plan?.steps.some((step) => step.proven)).toBe(false);
    expect(again.outcome).toBe('done');
    await expectWhole(agent, facts);
  });
});

describe('an unfinished job', () => {
  async function halfFormatted(): Promise<{ agent: FakeAgent; shelf: MemoryShelf; facts: FirmwareFacts }> {
    const agent = bornPhone();
    const shelf = new MemoryShelf();
    const facts = await firmwareFacts({ rows: GROWN });
    await killedWhen((event) => event.type === 'progress' && event.phase === 'write', {
      agent,
      facts,
      mode: 'format-all',
      shelf,
    });
    return { agent, shelf, facts };
  }

  it('stops a plain download, which would start a phone without calibration', async () => {
    const { agent, shelf, facts } = await halfFormatted();
    agent.diary.length = 0;
    const download = await run(agent, facts, { mode: 'download', backups: shelf });
    expect(download.outcome).toBe('blocked');
    expect(codes(download.events, 'blocker')).toEqual(['UNFINISHED_JOB']);
    expect(changes(agent)).toEqual([]);
  });

  it('is finished with another firmware as well, from the backup of the whole phone', async () => {
    const { agent, shelf } = await halfFormatted();
    const other = await firmwareFacts({ rows: FACTORY, seed: 2 });
    expect((await run(agent, other, { mode: 'upgrade', backups: shelf })).outcome).toBe('done');
    await expectWhole(agent, other, FACTORY);
  });

  it.each([
    ['is gone', (shelf: MemoryShelf) => shelf.folders.splice(0), 'UNFINISHED_BACKUP_GONE'],
    [
      'has lost its manifest',
      (shelf: MemoryShelf) => shelf.folders[0]?.texts.delete('manifest.json'),
      'UNFINISHED_BACKUP_GONE',
    ],
  ])('stops every mode when its backup %s', async (_what, spoil, code) => {
    const { agent, shelf, facts } = await halfFormatted();
    spoil(shelf);
    agent.diary.length = 0;
    for (const mode of ['download', ...MODES] as FlashMode[]) {
      const again = await run(agent, facts, { mode, backups: shelf });
      expect(again.outcome).toBe('blocked');
      expect(codes(again.events, 'blocker')).toContain(code);
    }
    expect(changes(agent)).toEqual([]);
  });

  it('is not gone on with from a damaged backup', async () => {
    const { agent, shelf, facts } = await halfFormatted();
    const parts = shelf.folders[0]?.files.get('nvram.bin') as Uint8Array[];
    parts[0]?.fill(1, 0, 1);
    agent.diary.length = 0;
    await expect(run(agent, facts, { mode: 'format-all', backups: shelf })).rejects.toMatchObject({
      code: 'BACKUP_DAMAGED',
    });
    expect(changes(agent)).toEqual([]);
  });

  it('of another phone does not matter', async () => {
    const { shelf } = await halfFormatted();
    for (const [path, phone] of shelf.notes) shelf.notes.set(path, { ...phone, storageId: '00ff' });
    const healthy = bornPhone();
    const facts = await firmwareFacts();
    const done = await run(healthy, facts, { mode: 'upgrade', backups: shelf });
    expect(done.outcome).toBe('done');
    expect(codes(done.events, 'warning')).not.toContain('UNFINISHED_JOB');
    expect(shelf.notes.size).toBe(1);
  });
});

describe('a phone without a partition table', () => {
  function blank(agent: FakeAgent): FakeAgent {
    const user = agent.memory.get('user') as Uint8Array;
    user.fill(0, 0, 34 * 512);
    user.fill(0, user.length - 33 * 512);
    return agent;
  }

  it.each(MODES)(
    'is not touched by %s unless asked for by name; what may be calibration stays even then',
    async (mode) => {
      const agent = blank(bornPhone());
      const facts = await firmwareFacts();
      const refused = await run(agent, facts, { mode, backups: new MemoryShelf() });
      expect(refused.outcome).toBe('blocked');
      expect(codes(refused.events, 'blocker')).toEqual(['NO_PARTITION_TABLE']);
      expect(changes(agent)).toEqual([]);
      const forced = await run(agent, facts, { mode, backups: new MemoryShelf() }, ['NO_PARTITION_TABLE']);
      expect(forced.outcome).toBe('done');
      const kept = PRECIOUS.filter((name) => name !== 'frp');
      for (const { name, start, length } of entriesOf(FACTORY).filter((entry) => kept.includes(entry.name))) {
        const bytes = agent.memory.get('user')?.subarray(start, start + length) as Uint8Array;
        expect(same(bytes, bytesOf(`factory ${name}`, length)), name).toBe(true);
      }
    },
  );

  it('gets everything from an earlier backup of this phone', async () => {
    const shelf = new MemoryShelf();
    await run(bornPhone(), await firmwareFacts(), { mode: 'upgrade', backups: shelf });
    const agent = bornPhone();
    agent.memory.get('user')?.fill(0);
    const facts = await firmwareFacts({ rows: GROWN });
    const [calibration] = shelf.folders;
    if (!calibration) throw new Error('no backup was made');
    const done = await run(agent, facts, { mode: 'format-all', backups: shelf, calibration });
    expect(done.outcome).toBe('done');
    await expectWhole(agent, facts, GROWN);
  });
});

describe('a firmware that has no room for calibration', () => {
  it.each([
    { what: 'a smaller nvram', change: (size: number) => size - 8, code: 'CALIBRATION_DOES_NOT_FIT' },
    { what: 'no nvram', change: () => -1, code: 'CALIBRATION_HAS_NO_PLACE' },
  ])('is stopped: $what', async ({ change, code }) => {
    const rows = FACTORY.flatMap((row): typeof FACTORY => {
      if (row[0] !== 'nvram') return [row];
      const size = change(row[2]);
      return size < 0 ? [] : [[row[0], row[1], size, row[3]]];
    });
    const agent = bornPhone();
    // A new layout in any case, so that the table would be written.
    const facts = await firmwareFacts({
      rows: rows.map((row) => (row[0] === 'para' ? ['para2', row[1], 4, row[3]] : row)),
    });
    const stopped = await run(agent, facts, { mode: 'format-all', backups: new MemoryShelf() });
    expect(stopped.outcome).toBe('blocked');
    expect(codes(stopped.events, 'blocker')).toContain(code);
    expect(changes(agent)).toEqual([]);
  });
});

interface KillJob {
  agent: FakeAgent;
  facts: FirmwareFacts;
  mode: FlashMode;
  shelf: MemoryShelf;
}

/** False when the job came to its end before. */
async function killedAt(
  moment: number,
  agent: FakeAgent,
  facts: FirmwareFacts,
  mode: FlashMode,
  shelf: MemoryShelf,
): Promise<boolean> {
  let left = moment;
  try {
    await run(agent, facts, { mode, backups: shelf }, [], () => {
      // Once dead it stays dead, whatever it makes of the first exception.
      if (--left <= 0) throw new Killed();
    });
  } catch (cause) {
    if (left > 0) throw cause;
  }
  return left <= 0;
}

async function killedWhen(when: (event: JobEvent) => boolean, { agent, facts, mode, shelf }: KillJob): Promise<void> {
  const events: JobEvent[] = [];
  const emit = (event: JobEvent) => {
    events.push(event);
    if (when(event)) throw new Killed();
  };
  const record: RunRecord = { partitions: [], kept: [], state: new PhoneState() };
  const judge = new Judge(emit, []);
  agent.onPacket = () => {};
  shelf.onNote = () => {};
  const job = { agent, identity: IDENTITY, facts, record, judge };
  await expect(flashPhone({ ...job, wishes: { mode, backups: shelf, emit } }, () => {})).rejects.toBeInstanceOf(Killed);
  expect(events.length).toBeGreaterThan(0);
}

/** What the agent was told to change. */
function changes(agent: FakeAgent): string[] {
  return agent.diary.filter((line) => /^(write|erase)/.test(line));
}

/** What the plan says will change, in the agent's words. */
function planned(plan: Plan): string[] {
  const place = ({ region, start }: { region: string; start: number }, length: number) =>
    `${region}+${start}:${length}`;
  return plan.steps.flatMap((step): string[] => {
    if (step.proven) return [];
    switch (step.kind) {
      case 'erase':
        return [`erase ${place(step.extent, step.extent.length)}`];
      case 'write':
      case 'restore':
        return [`write ${place(step.extent, step.bytes)}`];
      case 'write-table':
        // The copy at the end first.
        return step.extents.map((extent) => `write ${place(extent, extent.length)}`).reverse();
      case 'write-preloader':
        return ['write preloader'];
      default:
        return [];
    }
  });
}

function contentOf(agent: FakeAgent, name: string): number {
  const { start, length } = entriesOf(FACTORY).find((entry) => entry.name === name) as {
    start: number;
    length: number;
  };
  return (agent.memory.get('user') as Uint8Array).subarray(start, start + length).filter((byte) => byte !== 0).length;
}
