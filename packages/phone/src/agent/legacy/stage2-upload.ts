import { hang } from '../../device/wire.js';
import { ReportName } from '../../planned-answers.js';
import type { AgentSession } from '../session.js';
import { holds, isFiller } from '../stage1-image.js';
import type { HostLine } from './host-line.js';

/** Bytes at the end of stage 2 that the digest in stage 1 leaves out: its signature. */
const SIGNATURE_LENGTH = 0x100;
/** No stage 2 comes near; a larger length means the stream is out of step. */
const MAX_STAGE2_LENGTH = 0x1000000;
/** Chips whose stage 1 holds no digest: MT6571, and MT6589 and MT8135, whose stage 2 is a small helper. */
const WITHOUT_DIGEST = [0x6571, 0x6583, 0x8135];

/**
 * Receives stage 2 and starts it (protocol section "Stage-2 upload"). Hangs on nonsense lengths, without DRAM, and when
 * stage 1 disowns what came.
 */
export async function receiveStage2(session: AgentSession, host: HostLine, dramReady: boolean): Promise<void> {
  host.answers.begin(ReportName.STAGE2_UPLOAD);
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
  if (WITHOUT_DIGEST.includes(session.profile.hwCode) || isFiller(session.stage1)) return true;
  const covered = stage2.subarray(0, stage2.length - SIGNATURE_LENGTH);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', covered));
  return holds(session.stage1, digest);
}
