import { describe, expect, it } from 'vitest';
import type { FirmwareFacts } from '../firmware/firmware-facts.js';
import type { Plan } from '../plan/plan.js';
import type { JobEvent } from './events.js';
import { type FlashMode, flashPhone } from './flash-phone.js';
import { readJournal } from './journal.js';
import { Judge } from './judge.js';
import { PhoneState } from './phone-state.js';
import type { RunRecord } from './run-plan.js';
import type { FakeAgent } from './testing/fake-agent.js';
import { MemoryShelf } from './testing/memory-backups.js';
import { bornPhone, entriesOf, FACTORY, firmwareFacts, GROWN, IDENTITY } from './testing/rebuild-phone.fixture.js';
import { changes, codes, expectWhole, planned, run } from './testing/rebuild-run.fixture.js';

/** Upgrades and formats that are broken off, and go on when the command is repeated. */

/** The program is gone, as after SIGKILL: nothing of it runs any more. */
class Killed extends Error {}

const MODES: FlashMode[] = ['upgrade', 'format-all'];

describe.each(MODES)('%s', (mode) => {
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
