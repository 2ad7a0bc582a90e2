/** The most bytes in a data frame, by stage and host. */
import type { XmlAgentState } from './agent-state.js';

const STAGE1 = 0x1000;
const STAGE2 = 0x80000;
/** Seen in a genuine stage 2 that was told of a Linux host. */
const LINUX_UPLOAD = 0x10000;

/** `download` from the host to the device, `upload` the other way. */
export function packetLengths({ stage, parameters }: XmlAgentState): { download: number; upload: number } {
  if (stage === 'stage1') return { download: STAGE1, upload: STAGE1 };
  return { download: STAGE2, upload: parameters.system === 'LINUX' ? LINUX_UPLOAD : STAGE2 };
}
