import type { Agent } from '../agent/agent.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import { Sha256Stream, sha256Hex } from '../hash.js';
import type { WritePreloaderStep } from '../plan/plan.js';
import type { Region } from '../storage/storage.js';
import { hex } from '../wire/index.js';
import type { EventSink, PartitionReport } from './events.js';
import { PhaseProgress } from './phase-progress.js';

/** Places where agents put the preloader behind the device header they make: eMMC, UFS. Bytes. */
const FILE_OFFSETS = [0x800, 0x1000];

/**
 * Writes the preloader through the agent's own command and proves by reading back what that command promises.
 * @throws UnbrickError `VERIFY_FAILED` naming the boot area that differs
 */
export async function writePreloader(
  agent: Agent,
  step: WritePreloaderStep,
  file: Uint8Array,
  emit: EventSink,
): Promise<PartitionReport> {
  const started = performance.now();
  const total = file.length;
  const writing = new PhaseProgress(emit, 'write', step.partition, total);
  const written = await agent.writePreloader(file, { onBytes: (bytes) => writing.reach(bytes) });
  writing.done();
  const writtenAt = performance.now();
  const sha256 = await sha256Hex(file);
  const regions = step.regions.filter((region) => (agent.storage.regions.get(region) ?? 0) > 0);
  const verifying = new PhaseProgress(emit, 'verify', step.partition, total * regions.length);
  for (const [index, region] of regions.entries()) {
    const seen = await lookForPreloader(agent, region, file, sha256);
    if (seen !== undefined && written.regions.includes(region)) throw notThere(region, sha256, seen);
    if (seen !== undefined) {
      emit({
        type: 'note',
        phase: 'verify',
        message: `${region} keeps the preloader it had: this agent writes one boot area only.`,
      });
    }
    verifying.reach(total * (index + 1));
  }
  return {
    name: step.partition,
    bytes: total,
    sha256,
    verifiedBy: 'readback-sha256',
    seconds: (writtenAt - started) / 1000,
    verifySeconds: (performance.now() - writtenAt) / 1000,
  };
}

/** Undefined when the boot area holds the file; else what it holds. */
async function lookForPreloader(
  agent: Agent,
  region: Region,
  file: Uint8Array,
  sha256: string,
): Promise<string[] | undefined> {
  const size = agent.storage.regions.get(region) ?? 0;
  const seen: string[] = [];
  for (const start of FILE_OFFSETS) {
    if (start + file.length > size) continue;
    const hash = await Sha256Stream.create();
    for await (const chunk of agent.read({ region, start, length: file.length })) hash.update(chunk);
    const found = hash.digestHex();
    if (found === sha256) return undefined;
    seen.push(`${region} at ${hex(start)}: SHA-256 ${found}`);
  }
  return seen;
}

function notThere(region: Region, sha256: string, seen: string[]): UnbrickError {
  return new UnbrickError({
    code: 'VERIFY_FAILED',
    stage: 'verify',
    message: `The phone's ${region} does not hold the preloader that was written.`,
    evidence: [`SHA-256 sent: ${sha256}`, ...seen],
    next: [
      'Do not unplug the phone: repeat the job now, while the agent still runs.',
      'If the phone stays dead, connect it in BROM mode (volume keys held or test point) and repeat.',
    ],
  });
}
