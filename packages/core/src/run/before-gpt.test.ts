import { describe, expect, it } from 'vitest';
import type { FirmwareFacts } from '../firmware/firmware-facts.js';
import type { Plan } from '../plan/plan.js';
import { type FlashMode, flashPhone } from './flash-phone.js';
import { Judge } from './judge.js';
import { PhoneState } from './phone-state.js';
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
  type PhoneAge,
  PRECIOUS,
  type Row,
} from './testing/rebuild-phone.fixture.js';

/** Upgrade and format of phones without a GPT, killed at every moment. What has a GPT is in broken-off.test.ts. */

const AHEAD: Record<'pmt' | 'nand', Row[]> = {
  pmt: [
    ['MBR', 0, 8, 'UPDATE', true],
    ['EBR1', 8, 8, 'UPDATE', true],
  ],
  nand: [['PRELOADER', 0, 32, 'BOOTLOADERS']],
};
const CASES = (['pmt', 'nand'] as const).flatMap((age) =>
  (['upgrade', 'format-all'] as FlashMode[]).flatMap((mode) => {
    const rows = [...AHEAD[age], ...FACTORY];
    return [
      { age, mode, rows, target: rows, what: 'the same layout' },
      { age, mode, rows, target: [...AHEAD[age], ...GROWN], what: 'another layout' },
    ];
  }),
);

interface Job {
  agent: FakeAgent;
  facts: FirmwareFacts;
  mode: FlashMode;
  shelf: MemoryShelf;
}

/** @param onMoment called at every border between two steps, and at the start and in the middle of all that changes the phone */
async function run({ agent, facts, mode, shelf }: Job, onMoment: () => void = () => {}): Promise<Plan> {
  let shown: Plan | undefined;
  shelf.onNote = onMoment;
  agent.onPacket = (kind, offset) => {
    if (kind !== 'read' && (kind !== 'write' || offset <= 4096)) onMoment();
  };
  const record = { partitions: [], kept: [], state: new PhoneState() };
  // A NAND phone tells its number through its boot ROM.
  const identity = { ...IDENTITY, meId: '00112233445566778899aabbccddeeff' };
  const wishes = { mode, backups: shelf, emit: () => {} };
  const job = { agent, identity, facts, record, wishes, judge: new Judge(() => {}, []) };
  expect(
    await flashPhone(job, (plan) => {
      shown = plan;
    }),
  ).toBe('done');
  return shown as Plan;
}

/** False when the job came to its end before. */
async function killedAt(moment: number, job: Job): Promise<boolean> {
  let left = moment;
  try {
    await run(job, () => {
      // Once dead it stays dead, whatever it makes of the first exception.
      if (--left <= 0) throw new Error('killed');
    });
  } catch (cause) {
    if (left > 0) throw cause;
  }
  return left <= 0;
}

async function expectWhole({ agent, facts }: Job, target: Row[], age: PhoneAge): Promise<void> {
  expect((await agent.readPartitionTable()).partitions).toEqual(entriesOf(target, age));
  const memory = agent.memory.get(age === 'nand' ? 'nand' : 'user') as Uint8Array;
  for (const { name, start, length } of entriesOf(target, age)) {
    const bytes = memory.subarray(start, start + length);
    if (PRECIOUS.includes(name)) expect(same(bytes, bytesOf(`factory ${name}`, length)), name).toBe(true);
    const image = facts.selected.find((fact) => fact.partition.name === name)?.image;
    for (const run of image?.runs ?? []) {
      for await (const piece of image?.read(run) ?? []) expect(same(bytes.subarray(0, piece.length), piece)).toBe(true);
    }
  }
  const preloader = facts.preloader?.file as Uint8Array;
  const boot = agent.memory.get(age === 'nand' ? 'nand' : 'boot1') as Uint8Array;
  expect(same(boot.subarray(0x800, 0x800 + preloader.length), preloader)).toBe(true);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

describe.each(CASES)('$age, $mode, $what', ({ age, mode, rows, target }) => {
  const begin = async (): Promise<Job> => ({
    agent: bornPhone(rows, age),
    facts: await firmwareFacts({ rows: target, age }),
    mode,
    shelf: new MemoryShelf(),
  });

  it('keeps calibration, writes the list in the right order and the preloader last', async () => {
    const job = await begin();
    const { steps } = await run(job);
    await expectWhole(job, target, age);
    const kinds = steps.map((step) => step.kind);
    expect(kinds.at(-2)).toBe('write-preloader');
    expect(kinds).not.toContain('map-bad-blocks');
    if (rows === target && mode === 'upgrade') return;
    const table = kinds.indexOf('write-table');
    // The agent of a NAND may refuse the list: nothing is erased before.
    if (age === 'nand') expect(table).toBeLessThan(kinds.indexOf('erase'));
    else expect(table).toBeGreaterThan(kinds.lastIndexOf('erase'));
    const names = steps.slice(table + 1).flatMap((step) => (step.kind === 'write' ? [step.partition] : []));
    if (age === 'pmt') expect(names.slice(0, 2)).toEqual(['MBR', 'EBR1']);
  });

  // Moments of an eMMC that keeps its layout are those of a phone with a GPT.
  it.skipIf(age === 'pmt' && rows === target)(
    'ends well when it is killed at any moment and started again',
    async () => {
      for (let moment = 1; ; moment++) {
        const job = await begin();
        if (!(await killedAt(moment, job))) {
          expect(moment, 'moments at which it was killed').toBeGreaterThan(35);
          break;
        }
        // The frightened user repeats the command.
        await run(job);
        await expectWhole(job, target, age);
        expect(job.shelf.notes.size).toBe(0);
      }
    },
    60_000,
  );
});

describe('a chip that was wiped wholly', () => {
  it.each(['pmt', 'nand'] as const)('gets list and calibration from an earlier backup: %s', async (age) => {
    const rows = [...AHEAD[age], ...FACTORY];
    const facts = await firmwareFacts({ rows, age });
    const shelf = new MemoryShelf();
    await run({ agent: bornPhone(rows, age), facts, mode: 'upgrade', shelf });
    const agent = bornPhone(rows, age);
    for (const bytes of agent.memory.values()) bytes.fill(age === 'nand' ? 0xff : 0);
    agent.list = undefined;
    const calibration = shelf.folders[0];
    if (!calibration) throw new Error('no backup was made');
    const record = { partitions: [], kept: [], state: new PhoneState() };
    const identity = { ...IDENTITY, meId: '00112233445566778899aabbccddeeff' };
    const wishes = { mode: 'format-all' as const, backups: shelf, calibration, emit: () => {} };
    const job = { agent, identity, facts, record, wishes, judge: new Judge(() => {}, []) };
    expect(await flashPhone(job, () => {})).toBe('done');
    await expectWhole({ agent, facts, mode: 'format-all', shelf }, rows, age);
    expect(agent.diary.includes('map bad blocks')).toBe(age === 'nand');
  });
});
