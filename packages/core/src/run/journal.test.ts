import { describe, expect, it } from 'vitest';
import type { Plan, PlanStep } from '../plan/plan.js';
import { JOURNAL_FILE, Journal, readJournal, stepKey } from './journal.js';
import { MemoryBackup } from './testing/memory-backups.js';

const erase = (partition: string): PlanStep => ({
  kind: 'erase',
  partition,
  extent: { region: 'user', start: 0, length: 512 },
  bytes: 512,
  risk: 'low',
});
const plan = (...steps: PlanStep[]): Plan => ({ mode: 'upgrade', firmware: 'f', phone: 'p', steps });

describe('the journal of a job', () => {
  it('says which steps of the last run are proven', async () => {
    const folder = new MemoryBackup();
    const first = await Journal.begin(folder, plan(erase('a'), erase('b')));
    await first.prove(0);
    const second = await Journal.begin(folder, plan({ ...erase('a'), proven: true }, erase('b'), erase('c')));
    await second.prove(2);
    const record = await readJournal(folder);
    expect([...(record?.proven ?? [])].sort()).toEqual([stepKey(erase('a')), stepKey(erase('c'))].sort());
    expect(record?.finished).toBe(false);
  });

  it('forgets what was proven when a run begins from the start', async () => {
    const folder = new MemoryBackup();
    await (await Journal.begin(folder, plan(erase('a')))).prove(0);
    await Journal.begin(folder, plan(erase('a')));
    expect((await readJournal(folder))?.proven.size).toBe(0);
  });

  it('takes a line that was cut off for nothing, and goes on behind it', async () => {
    const folder = new MemoryBackup();
    const journal = await Journal.begin(folder, plan(erase('a'), erase('b')));
    await journal.prove(0);
    folder.texts.set(JOURNAL_FILE, `${folder.texts.get(JOURNAL_FILE)}{"prov`);
    expect((await readJournal(folder))?.proven.size).toBe(1);
    await journal.prove(1);
    await journal.finish();
    const record = await readJournal(folder);
    expect(record?.proven.size).toBe(2);
    expect(record?.finished).toBe(true);
  });

  it.each(['', '\n\n', 'no JSON', '{"proven":0}\n', '[1,2]\n', '{"plan":{"steps":3}}\n'])(
    'is none when it says nothing: %j',
    async (text) => {
      const folder = new MemoryBackup();
      folder.texts.set(JOURNAL_FILE, text);
      expect(await readJournal(folder)).toBeUndefined();
    },
  );
});
