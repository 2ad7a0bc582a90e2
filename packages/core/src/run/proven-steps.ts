import type { Agent } from '../agent/agent.js';
import type { FirmwareFacts } from '../firmware/firmware-facts.js';
import type { Image } from '../firmware/image.js';
import { Sha256Stream } from '../hash.js';
import type { Plan, PlanStep, WriteStep } from '../plan/plan.js';
import type { EventSink } from './events.js';
import { type JournalRecord, stepKey } from './journal.js';
import { hashRuns } from './write-image.js';

/**
 * The plan with those steps marked that an earlier run has proven and that still hold: each image is read from the phone
 * again, since nobody knows what happened to the phone in between. When one does not hold any more, nothing counts and the
 * job is done from its start. Only images and what was erased for them count: a partition table and content from the backup
 * are written or compared again in any case, being small. Writes nothing.
 */
export async function markProven(
  agent: Agent,
  plan: Plan,
  journal: JournalRecord,
  facts: FirmwareFacts,
  emit: EventSink,
  stop?: AbortSignal,
): Promise<Plan> {
  const told = new Set(plan.steps.filter((step) => journal.proven.has(stepKey(step))));
  const writes = plan.steps.filter((step): step is WriteStep => step.kind === 'write');
  const held = new Set<PlanStep>();
  for (const step of writes.filter((each) => told.has(each))) {
    const image = facts.selected.find((fact) => fact.path === step.path && fact.image)?.image;
    if (!image) continue;
    if ((await hashRuns(agent, step, image, emit, stop)) !== (await hashOf(image))) {
      const message = `${step.partition} no longer holds what the unfinished job has written: all is written again.`;
      emit({ type: 'note', phase: 'preflight', message });
      return plan;
    }
    held.add(step);
  }
  if (held.size === 0) return plan;
  const steps = plan.steps.map((step): PlanStep => {
    const own = step.kind === 'erase' ? writes.find((write) => write.partition === step.partition) : undefined;
    const done = step.kind === 'erase' ? told.has(step) && (own === undefined || held.has(own)) : held.has(step);
    return done ? { ...step, proven: true } : step;
  });
  return { ...plan, steps };
}

async function hashOf(image: Image): Promise<string> {
  const hash = await Sha256Stream.create();
  for (const run of image.runs) for await (const piece of image.read(run)) hash.update(piece);
  return hash.digestHex();
}
