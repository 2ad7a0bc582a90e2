import type { Agent } from '../agent/agent.js';
import { openRawImage } from '../firmware/image.js';
import { Sha256Stream } from '../hash.js';
import type { KeepStep, RestoreStep } from '../plan/plan.js';
import { hex } from '../wire/index.js';
import type { BackupFolder } from './backup-folder.js';
import type { EventSink, PartitionReport } from './events.js';
import { PhaseProgress } from './phase-progress.js';
import { writeImage } from './write-image.js';

/**
 * Writes a file of the backup to its place and reads it back. A copy of the partition table goes the way that such copies
 * have to go with some agents.
 * @throws as {@link writeImage}
 */
export async function putBack(
  agent: Agent,
  step: RestoreStep | KeepStep,
  folder: BackupFolder,
  emit: EventSink,
  stop?: AbortSignal,
): Promise<PartitionReport> {
  const source = await folder.open(step.fileName);
  const copy = step.partition.toUpperCase();
  if (agent.writeTableCopy && (copy === 'PGPT' || copy === 'SGPT')) {
    await agent.writeTableCopy(copy, step.extent, await source.read(0, source.size));
  }
  return writeImage(agent, step, openRawImage(source), emit, stop);
}

/**
 * Compares a partition that should not have changed with its backup, and puts the backup back should it have: some memory
 * chips erase more than they were told to. Resolves with the report of the writing, undefined when there was none.
 */
export async function keep(
  agent: Agent,
  step: KeepStep,
  folder: BackupFolder,
  emit: EventSink,
  stop?: AbortSignal,
): Promise<PartitionReport | undefined> {
  const source = await folder.open(step.fileName);
  const stored = await Sha256Stream.create();
  for await (const piece of openRawImage(source).read({ start: 0, length: source.size, kind: 'data' })) {
    stored.update(piece);
  }
  const progress = new PhaseProgress(emit, 'verify', step.partition, step.extent.length);
  const onPhone = await Sha256Stream.create();
  let done = 0;
  for await (const piece of agent.read(step.extent, stop ? { stop } : {})) {
    onPhone.update(piece);
    done += piece.length;
    progress.reach(done);
  }
  if (onPhone.digestHex() === stored.digestHex()) return undefined;
  emit({
    type: 'note',
    phase: 'verify',
    message: `${step.partition} (at ${hex(step.extent.start)}) is not what it was before; its backup is put back.`,
  });
  return putBack(agent, step, folder, emit, stop);
}
