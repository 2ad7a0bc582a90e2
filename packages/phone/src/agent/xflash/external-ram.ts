/** INIT_EXT_RAM: does one of the firmware's memory settings fit the memory of this phone? */
import { ascii, hex, latin1, bytes as rawBytes, struct, text, u32, XflashStatus } from '@unbrick/core/wire';
import { hang } from '../../device/wire.js';
import type { Profile } from '../../profiles/profile.js';
import { type AgentState, logCommand } from './agent-state.js';
import { hexToBytes } from './storage-id.js';

/** Start of the memory table as the preloader file holds it; the two version digits are ASCII. */
const MemoryTableHead = struct('little', {
  tag: text(18),
  version: text(2),
  rest: rawBytes(0x6c - 20),
  count: u32,
});
const MEMORY_TABLE_TAG = 'MTK_BLOADER_INFO_v';

/** Record of 144 to 188 bytes, as far as the id goes. */
const MemoryRecord = struct('little', {
  subVersion: u32,
  type: u32,
  idLength: u32,
  firmwareIdLength: u32,
  id: rawBytes(16),
  firmwareId: rawBytes(8),
});
/** Record of 84 bytes, as far as the id goes. */
const ShortMemoryRecord = struct('little', { type: u32, idLength: u32, id: rawBytes(16) });
const SHORT_RECORD_SIZE = 84;

const StorageClass = { DISCRETE: 0, EMMC: 2, UFS: 3, ANY: 0xf } as const;
/** The tables compiled into the agents are far smaller than this; the largest table in known preloaders has some 40. */
const MAX_RECORDS = 64;

type Verdict = { status: number } | { silent: string };

/** `→ length, → blob, ← one status`; no status at all when no record fits or the DRAM does not come up. */
export async function initExternalRam(state: AgentState): Promise<void> {
  const { channel, session } = state;
  const length = await channel.receiveParameter();
  const blob = await channel.receiveText(length);
  const verdict = judgeMemoryTable(blob, session.profile, session.faults.dramFail);
  if ('silent' in verdict) {
    logCommand(state, 'INIT_EXT_RAM', false, { length, silent: verdict.silent });
    await channel.print('[EMI] setting failed 0x0');
    await hang(channel.wire);
    return;
  }
  logCommand(state, 'INIT_EXT_RAM', false, { length, status: hex(verdict.status, 8) });
  state.dramReady ||= verdict.status === XflashStatus.OK;
  await channel.status(verdict.status);
}

/** Exported for its test. */
export function judgeMemoryTable(blob: Uint8Array, profile: Profile, dramFail: boolean): Verdict {
  const { emiVersion = 0, emiItemSize = 160 } = profile.agent.xflash ?? {};
  if (blob.length < MemoryTableHead.size) return { status: XflashStatus.DRAM_VERSION_MISMATCH };
  const head = MemoryTableHead.parse(blob);
  const version = head.tag === MEMORY_TABLE_TAG ? Number.parseInt(head.version, 10) : Number.NaN;
  if (version === 0 && profile.platform !== 'MT6765') {
    return dramFail ? { silent: 'DRAM training failed' } : { status: XflashStatus.OK };
  }
  if (version === 0) return { silent: 'this build has no built-in memory setting' };
  if (version !== emiVersion) return { status: XflashStatus.DRAM_VERSION_MISMATCH };
  if (head.count > MAX_RECORDS) return { status: XflashStatus.EMI_TOO_MANY_RECORDS };
  for (let i = 0; i < head.count; i++) {
    const offset = MemoryTableHead.size + i * emiItemSize;
    if (offset + emiItemSize > blob.length) break;
    if (!fits(blob.subarray(offset, offset + emiItemSize), profile)) continue;
    return dramFail ? { silent: 'DRAM training failed' } : { status: XflashStatus.OK };
  }
  return { silent: 'no memory record fits this phone' };
}

function fits(bytes: Uint8Array, profile: Profile): boolean {
  const record =
    bytes.length === SHORT_RECORD_SIZE
      ? { ...ShortMemoryRecord.parse(bytes), firmwareId: new Uint8Array(0), firmwareIdLength: 0 }
      : MemoryRecord.parse(bytes);
  const id = record.id.subarray(0, record.idLength);
  switch ((record.type >>> 8) & 0xff) {
    case StorageClass.DISCRETE:
    case StorageClass.ANY:
      return true;
    case StorageClass.EMMC: {
      if (profile.storage.kind !== 'emmc' || id.length === 0) return false;
      const firmwareId = record.firmwareId.subarray(0, record.firmwareIdLength);
      return (
        startsWith(hexToBytes(profile.storage.id), id) &&
        startsWith(hexToBytes(profile.storage.firmwareVersion), firmwareId)
      );
    }
    case StorageClass.UFS:
      return (
        profile.storage.kind === 'ufs' && id.length > 0 && startsWith(ascii(profile.storage.id), ascii(latin1(id)))
      );
    default:
      return false;
  }
}

function startsWith(whole: Uint8Array, start: Uint8Array): boolean {
  return start.every((byte, i) => whole[i] === byte);
}
