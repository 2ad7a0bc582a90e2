import type { Agent } from '../agent/agent.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import type { Image } from '../firmware/image.js';
import { Sha256Stream } from '../hash.js';
import type { KeepStep, RestoreStep, WriteStep } from '../plan/plan.js';
import type { EventSink, PartitionReport } from './events.js';
import { PhaseProgress } from './phase-progress.js';

/** A step that puts an image to an extent. */
export type ImageStep = WriteStep | RestoreStep | KeepStep;

/**
 * Writes the runs of an image to its partition, then reads the same runs back and compares the SHA-256.
 * Memory use is one packet, whatever the size.
 * @throws UnbrickError `VERIFY_FAILED` when the phone holds other bytes than were sent
 */
export async function writeImage(
  agent: Agent,
  step: ImageStep,
  image: Image,
  emit: EventSink,
  stop?: AbortSignal,
): Promise<PartitionReport> {
  const started = performance.now();
  const written = await writeRuns(agent, step, image, emit, stop);
  const writtenAt = performance.now();
  const stored = await hashRuns(agent, step, image, emit, stop);
  if (stored !== written) {
    throw new UnbrickError({
      code: 'VERIFY_FAILED',
      stage: 'verify',
      message: `${step.partition} does not hold what was written to it.`,
      evidence: [`SHA-256 sent: ${written}`, `SHA-256 read back: ${stored}`],
      next: [
        'Repeat the job: a bad cable or port can spoil data. Use another cable and a port at the computer itself.',
        'If it fails again at the same place, the phone’s memory chip is worn out.',
      ],
    });
  }
  return {
    name: step.partition,
    bytes: step.bytes,
    sha256: written,
    verifiedBy: 'readback-sha256',
    seconds: (writtenAt - started) / 1000,
    verifySeconds: (performance.now() - writtenAt) / 1000,
  };
}

async function writeRuns(
  agent: Agent,
  step: ImageStep,
  image: Image,
  emit: EventSink,
  stop?: AbortSignal,
): Promise<string> {
  const hash = await Sha256Stream.create();
  const progress = new PhaseProgress(emit, 'write', step.partition, step.bytes);
  let before = 0;
  for (const run of image.runs) {
    const extent = { region: step.extent.region, start: step.extent.start + run.start, length: run.length };
    const offset = before;
    await agent.write(extent, hashed(image.read(run), hash), {
      onBytes: (bytes) => progress.reach(offset + bytes),
      ...(stop ? { stop } : {}),
    });
    before += run.length;
  }
  progress.done();
  return hash.digestHex();
}

/** SHA-256 of what the phone holds where the image has content. */
export async function hashRuns(
  agent: Agent,
  step: ImageStep,
  image: Image,
  emit: EventSink,
  stop?: AbortSignal,
): Promise<string> {
  const hash = await Sha256Stream.create();
  const progress = new PhaseProgress(emit, 'verify', step.partition, step.bytes);
  let done = 0;
  for (const run of image.runs) {
    const extent = { region: step.extent.region, start: step.extent.start + run.start, length: run.length };
    for await (const chunk of agent.read(extent, stop ? { stop } : {})) {
      hash.update(chunk);
      done += chunk.length;
      progress.reach(done);
    }
  }
  return hash.digestHex();
}

async function* hashed(data: AsyncIterable<Uint8Array>, hash: Sha256Stream): AsyncIterable<Uint8Array> {
  for await (const chunk of data) {
    hash.update(chunk);
    yield chunk;
  }
}
