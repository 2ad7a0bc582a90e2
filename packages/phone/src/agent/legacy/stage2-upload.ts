import { viewOf } from '@unbrick/core/wire';
import { hang } from '../../device/wire.js';
import type { AgentSession } from '../session.js';
import type { HostLine } from './host-line.js';

/** Bytes at the end of stage 2 that the digest in stage 1 leaves out: its signature. */
const SIGNATURE_LENGTH = 0x100;
/** No stage 2 comes near; a larger length means the stream is out of step. */
const MAX_STAGE2_LENGTH = 0x1000000;
/** Chip whose stage 1 holds no digest. */
const MT6571 = 0x6571;

/**
 * Receives stage 2 and starts it (protocol section "Stage-2 upload"). Hangs on nonsense lengths, without DRAM, and when
 * stage 1 disowns what came.
 */
export async function receiveStage2(session: AgentSession, host: HostLine, dramReady: boolean): Promise<void> {
  const address = await host.u32();
  const length = await host.u32();
  const packetSize = await host.u32();
  session.log({ stage: 'stage1', what: 'STAGE2_UPLOAD', writes: false, detail: { address, length, packetSize } });
  const plausible = length > SIGNATURE_LENGTH && length <= MAX_STAGE2_LENGTH && packetSize > 0;
  if (!plausible || !dramReady) await hang(session.wire);

  const stage2 = new Uint8Array(length);
  await host.ack();
  let at = 0;
  while (length - at >= packetSize) {
    stage2.set(await host.bytes(packetSize), at);
    at += packetSize;
    await host.ack();
  }
  // The tail has its acknowledgement even when it is empty.
  stage2.set(await host.bytes(length - at), at);
  await host.ack();

  if (!(await isGenuine(session, stage2))) {
    session.log({ stage: 'stage1', what: 'STAGE2_REJECTED', writes: false });
    await hang(session.wire);
  }
  await host.ack(); // stage 2 lives
  await host.u8(); // the host's answer, of which only a note is taken
}

/** Stage 1 holds the SHA-1 of its stage 2 somewhere; the place differs from build to build. */
async function isGenuine(session: AgentSession, stage2: Uint8Array<ArrayBuffer>): Promise<boolean> {
  if (session.profile.hwCode === MT6571 || isFiller(session.stage1)) return true;
  const covered = stage2.subarray(0, stage2.length - SIGNATURE_LENGTH);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', covered));
  return holds(session.stage1, digest);
}

/**
 * Stand-ins for an agent (zeros, a counting pattern, a few bytes) hold no digest to compare with, and any stage 2 suits
 * them. Code and noise have hardly a 32-bit word twice.
 */
function isFiller(stage1: Uint8Array): boolean {
  const words = Math.min(stage1.length >>> 2, 4096);
  if (words < 1024) return true;
  const view = viewOf(stage1);
  const seen = new Set<number>();
  for (let i = 0; i < words; i++) seen.add(view.getUint32(4 * i));
  return seen.size <= words / 8;
}

function holds(whole: Uint8Array, part: Uint8Array): boolean {
  for (let at = whole.indexOf(part[0] as number); at >= 0; at = whole.indexOf(part[0] as number, at + 1)) {
    if (at + part.length <= whole.length && part.every((byte, i) => whole[at + i] === byte)) return true;
  }
  return false;
}
