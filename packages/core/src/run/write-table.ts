import type { Agent } from '../agent/agent.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import { Sha256Stream, sha256Hex } from '../hash.js';
import type { WriteTableStep } from '../plan/plan.js';
import { buildGpt } from '../storage/build-gpt.js';
import type { Extent } from '../storage/storage.js';
import { concat } from '../wire/index.js';
import type { EventSink, PartitionReport } from './events.js';
import { PhaseProgress } from './phase-progress.js';

/**
 * Writes both copies of a new partition table and reads them back. The copy at the end comes first: until the one at the
 * start is whole, the phone has the old one there.
 * @throws UnbrickError `VERIFY_FAILED` when the phone holds other bytes than were sent
 */
export async function writeTable(agent: Agent, step: WriteTableStep, emit: EventSink): Promise<PartitionReport> {
  const started = performance.now();
  const gpt = buildGpt(step.partitions, step.regionSize, step.sectorSize, diskGuid(agent.storage.id));
  const copies = [
    { name: 'SGPT' as const, start: gpt.backupStart, bytes: gpt.backup },
    { name: 'PGPT' as const, start: 0, bytes: gpt.primary },
  ];
  const writing = new PhaseProgress(emit, 'write', step.partition, step.bytes);
  let done = 0;
  for (const { name, start, bytes } of copies) {
    const extent = { region: step.region, start, length: bytes.length };
    if (agent.writeTableCopy) await agent.writeTableCopy(name, extent, bytes);
    else await agent.write(extent, once(bytes));
    done += bytes.length;
    writing.reach(done);
  }
  writing.done();
  const writtenAt = performance.now();
  const verifying = new PhaseProgress(emit, 'verify', step.partition, step.bytes);
  for (const { name, start, bytes } of copies) {
    const seen = await hashOf(agent, { region: step.region, start, length: bytes.length });
    const sent = await sha256Hex(bytes);
    if (seen !== sent) throw notThere(name, sent, seen);
  }
  verifying.done();
  return {
    name: step.partition,
    bytes: step.bytes,
    sha256: await sha256Hex(concat(gpt.primary, gpt.backup)),
    verifiedBy: 'readback-sha256',
    seconds: (writtenAt - started) / 1000,
    verifySeconds: (performance.now() - writtenAt) / 1000,
  };
}

/** A number for this storage that is the same each time the plan is made: version 4 in form. */
function diskGuid(storageId: Uint8Array): Uint8Array {
  const guid = new Uint8Array(16);
  guid.set(storageId.subarray(0, 16));
  guid[7] = ((guid[7] as number) & 0x0f) | 0x40;
  guid[8] = ((guid[8] as number) & 0x3f) | 0x80;
  return guid;
}

async function hashOf(agent: Agent, extent: Extent): Promise<string> {
  const hash = await Sha256Stream.create();
  for await (const piece of agent.read(extent)) hash.update(piece);
  return hash.digestHex();
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

function notThere(name: string, sent: string, seen: string): UnbrickError {
  return new UnbrickError({
    code: 'VERIFY_FAILED',
    stage: 'verify',
    message: 'The phone does not hold the partition table that was written.',
    evidence: [`${name}: SHA-256 sent ${sent}, read back ${seen}`],
    next: [
      'Repeat the job: a bad cable or port can spoil data. Use another cable and a port at the computer itself.',
      'If it fails again, the phone’s memory chip is worn out.',
    ],
  });
}
