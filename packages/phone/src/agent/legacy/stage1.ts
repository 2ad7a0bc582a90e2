import { array, concat, encode, LegacyByte, LegacyConfig, LegacyError, LegacySlcRecord, u16 } from '@unbrick/core/wire';
import { hang } from '../../device/wire.js';
import type { Profile } from '../../profiles/profile.js';
import type { AgentSession } from '../session.js';
import { type HostLine, word } from './host-line.js';
import { cidOf } from './storage-id.js';

export type LegacyTraits = NonNullable<Profile['agent']['legacy']>;

/** What the configuration words said; stage 2 acts on it later. */
export interface AgentConfig {
  /** 0 no charging (battery present), 1 USB powered without battery, 2 the agent finds out. */
  forceCharge: number;
  /** The host wants the DRAM set up even though the preloader did it. */
  forceDram: boolean;
}

/** No real build is told of more single-level-cell areas; a larger count means the stream is out of step. */
const MAX_SLC_RECORDS = 16;
/** Baseband number of an agent that does not know the chip it runs on. */
const UNKNOWN_CHIP = 0xff;

/** Sync byte, storage probe and version (protocol sections "Sync and probe"). */
export async function introduce(session: AgentSession, traits: LegacyTraits, host: HostLine): Promise<void> {
  const { profile } = session;
  await host.sendByte(LegacyByte.SYNC);
  await host.send(
    word(LegacyError.DA_DEVICE_NOT_FOUND),
    nandIds(traits),
    word(profile.storage.kind === 'emmc' ? 0 : LegacyError.DA_DEVICE_NOT_FOUND),
    cidOf(profile),
  );
  await host.u8(); // the host's acknowledgement; agents do not look at its value
  await host.sendByte(traits.daMajor, traits.daMinor, traits.baseband);
  if (traits.baseband === UNKNOWN_CHIP) await hang(session.wire);
}

/** "No NAND": id count and as many empty ids, a halfword each. */
export function nandIds(traits: LegacyTraits): Uint8Array {
  const count = traits.nandIdCount;
  return concat(encode(u16, 'big', count), encode(array(u16, count), 'big', new Array<number>(count).fill(0)));
}

/**
 * The configuration words: 18 fixed bytes and what this build of the agent wants besides. A host that sends other extra
 * words shifts everything that follows, exactly as with a real agent.
 */
export async function receiveConfig(session: AgentSession, traits: LegacyTraits, host: HostLine): Promise<AgentConfig> {
  const fixed = await host.layout(LegacyConfig);
  let forceDram = false;
  switch (traits.extraConfig) {
    case 'none':
      break;
    case 'new-combo':
    case 'is-gpt':
      await host.u32();
      break;
    case 'force-dram':
      forceDram = (await host.u32()) !== 0;
      break;
    case 'skip-dl-info+slc':
      await host.u32();
      await receiveSlcBlock(session, host);
      break;
    case 'slc':
      await receiveSlcBlock(session, host);
      break;
  }
  session.log({
    stage: 'stage1',
    what: 'DEVICE_CONFIG',
    writes: false,
    detail: { extra: traits.extraConfig, bromVersion: fixed.bromVersion, bootloaderVersion: fixed.bootloaderVersion },
  });
  return { forceCharge: fixed.forceCharge, forceDram };
}

async function receiveSlcBlock(session: AgentSession, host: HostLine): Promise<void> {
  const count = await host.u32();
  if (count > MAX_SLC_RECORDS) await hang(session.wire);
  await host.skip(count * LegacySlcRecord.size);
}
