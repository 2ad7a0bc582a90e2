import { describe, expect, it } from 'vitest';
import type { Plan } from '../plan/plan.js';
import type { FlashMode } from './flash-phone.js';
import type { FakeAgent } from './testing/fake-agent.js';
import { MemoryShelf } from './testing/memory-backups.js';
import {
  bornPhone,
  bytesOf,
  entriesOf,
  FACTORY,
  firmwareFacts,
  GROWN,
  PRECIOUS,
} from './testing/rebuild-phone.fixture.js';

import { changes, codes, expectWhole, planned, run, same } from './testing/rebuild-run.fixture.js';

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

function contentOf(agent: FakeAgent, name: string): number {
  const { start, length } = entriesOf(FACTORY).find((entry) => entry.name === name) as {
    start: number;
    length: number;
  };
  return (agent.memory.get('user') as Uint8Array).subarray(start, start + length).filter((byte) => byte !== 0).length;
}
