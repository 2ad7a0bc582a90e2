import { expect } from 'vitest';
import type { FirmwareFacts } from '../../firmware/firmware-facts.js';
import type { Plan } from '../../plan/plan.js';
import type { JobEvent } from '../events.js';
import { type FlashWishes, flashPhone } from '../flash-phone.js';
import { JobEnd, Judge } from '../judge.js';
import { PhoneState } from '../phone-state.js';
import type { RunRecord } from '../run-plan.js';
import type { FakeAgent } from './fake-agent.js';
import type { MemoryShelf } from './memory-backups.js';
import { bytesOf, entriesOf, FACTORY, IDENTITY, PRECIOUS } from './rebuild-phone.fixture.js';

export interface Run {
  outcome: string;
  events: JobEvent[];
  record: RunRecord;
  plan?: Plan;
}

/**
 * @param onMoment called at every border between two steps, before and after it is noted down, and at the start and in the
 *   middle of everything that changes the phone
 */
export async function run(
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
export async function expectWhole(agent: FakeAgent, facts: FirmwareFacts, rows = FACTORY): Promise<void> {
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

/** Fast, where a matcher would compare element by element. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function codes(events: readonly JobEvent[], severity: string): string[] {
  return events.flatMap((event) => (event.type === 'finding' && event.severity === severity ? [event.code] : []));
}

/** What the agent was told to change. */
export function changes(agent: FakeAgent): string[] {
  return agent.diary.filter((line) => /^(write|erase)/.test(line));
}

/** What the plan says will change, in the agent's words. */
export function planned(plan: Plan): string[] {
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
