import type { Agent } from '../agent/agent.js';
import { gather, once } from '../agent/byte-stream.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import { Sha256Stream, sha256Hex } from '../hash.js';
import type { WritePreloaderStep } from '../plan/plan.js';
import type { NandGeometry, Region } from '../storage/storage.js';
import { hex } from '../wire/index.js';
import type { EventSink, PartitionReport } from './events.js';
import { PhaseProgress } from './phase-progress.js';

/** Places where agents put the preloader behind the device header they make: eMMC, UFS. Bytes. */
const FILE_OFFSETS = [0x800, 0x1000];

/**
 * Writes the preloader through the agent's own command, brings the other boot areas of the step to the same state, and proves
 * each by reading back.
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
  // The areas that the agent promises come first: the others are made from them.
  const promised = (region: Region) => written.regions.includes(region);
  const inOrder = [...regions.filter(promised), ...regions.filter((region) => !promised(region))];
  let proven: PreloaderPlace | undefined;
  for (const [index, region] of inOrder.entries()) {
    const { place, held } = await lookForPreloader(agent, region, file, sha256);
    if (!place && promised(region)) throw notThere(region, sha256, held);
    if (!place && proven) await copyArea(agent, proven, region, file, emit);
    proven ??= place;
    verifying.reach(total * (index + 1));
  }
  return {
    name: step.partition,
    bytes: total,
    sha256,
    verifiedBy: proven ? 'readback-sha256' : written.agentProof === 'none' ? 'none' : `agent-${written.agentProof}`,
    seconds: (writtenAt - started) / 1000,
    verifySeconds: (performance.now() - writtenAt) / 1000,
  };
}

/** Where a boot area holds the preloader. */
interface PreloaderPlace {
  region: Region;
  /** Bytes of device header before the file. */
  start: number;
}

/** The place of the file in a boot area, or what the area holds where it should be. */
async function lookForPreloader(
  agent: Agent,
  region: Region,
  file: Uint8Array,
  sha256: string,
): Promise<{ place?: PreloaderPlace; held: string[] }> {
  const size = agent.storage.regions.get(region) ?? 0;
  const held: string[] = [];
  if (agent.storage.nand) return lookOnNand(agent, region, file, agent.storage.nand);
  for (const start of FILE_OFFSETS) {
    if (start + file.length > size) continue;
    const hash = await Sha256Stream.create();
    for await (const chunk of agent.read({ region, start, length: file.length })) hash.update(chunk);
    const found = hash.digestHex();
    if (found === sha256) return { place: { region, start }, held };
    held.push(`${region} at ${hex(start)}: SHA-256 ${found}`);
  }
  return { held };
}

/** On NAND the file begins at some page of the first blocks, behind headers that are made for the chip's geometry. */
async function lookOnNand(
  agent: Agent,
  region: Region,
  file: Uint8Array,
  { pageSize, eraseBlock }: NandGeometry,
): Promise<{ place?: PreloaderPlace; held: string[] }> {
  const size = agent.storage.regions.get(region) ?? 0;
  const length = Math.min(size, (Math.ceil(file.length / eraseBlock) + NAND_HEADER_BLOCKS) * eraseBlock);
  const head = await gather(agent.read({ region, start: 0, length }));
  for (let start = 0; start + file.length <= length; start += pageSize) {
    if (file.every((byte, i) => head[start + i] === byte)) return { place: { region, start }, held: [] };
  }
  return { held: [`the first ${length} bytes of the NAND do not hold the file`] };
}

/** Blocks that headers may take before the file. */
const NAND_HEADER_BLOCKS = 2;

/**
 * Some agents write the first boot area only. The second copy is made of the bytes of the first, device header and all: both
 * areas of a phone are alike. An agent that does not allow this leaves the phone with a good first copy, which is what it
 * starts from; that is told and is no failure.
 * @throws UnbrickError `VERIFY_FAILED` when the copy does not read back as it was written
 */
async function copyArea(
  agent: Agent,
  from: PreloaderPlace,
  region: Region,
  file: Uint8Array,
  emit: EventSink,
): Promise<void> {
  const { blockSize } = agent.storage;
  const length = Math.ceil((from.start + file.length) / blockSize) * blockSize;
  if (length > (agent.storage.regions.get(region) ?? 0)) return;
  const wanted = await gather(agent.read({ region: from.region, start: 0, length }));
  try {
    await agent.write({ region, start: 0, length }, once(wanted));
  } catch (cause) {
    if (!(cause instanceof UnbrickError) || !REFUSALS.has(cause.code)) throw cause;
    emit({
      type: 'note',
      phase: 'verify',
      message: `${region} keeps the preloader it had: this agent writes ${from.region} only (${cause.code}).`,
    });
    return;
  }
  const [sent, stored] = await Promise.all(
    [wanted, await gather(agent.read({ region, start: 0, length }))].map(sha256Hex),
  );
  if (sent !== stored) throw notThere(region, sent as string, [`${region} at 0x0: SHA-256 ${stored}`]);
}

/** Errors with which an agent says no before it has written anything. */
const REFUSALS = new Set(['AGENT_REFUSED', 'SECURITY_REFUSED', 'REGION_UNREACHABLE']);

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
