import type { StorageKind } from '@unbrick/core';
import { ascii, LegacyByte, LegacyConfig, LegacyError, LegacySlcRecord } from '@unbrick/core/wire';
import { hang } from '../../device/wire.js';
import type { Profile } from '../../profiles/profile.js';
import type { AgentSession } from '../session.js';
import { holds, isFiller } from '../stage1-image.js';
import { type HostLine, word } from './host-line.js';
import { cidOf, nandIds } from './storage-id.js';

export type LegacyTraits = NonNullable<Profile['agent']['legacy']>;

/** What the configuration words said; stage 2 acts on it later. */
export interface AgentConfig {
  /** 0 no charging (battery present), 1 USB powered without battery, 2 the agent finds out. */
  forceCharge: number;
  /** The host wants the DRAM set up even though the preloader did it. */
  forceDram: boolean;
  /** What the host says about the partition table, where the agent asks. */
  gpt?: boolean;
  /** Bytes at the end of NAND for the bad-block pool, when the host tells. */
  poolSize?: number;
}

/** No real build is told of more single-level-cell areas; a larger count means the stream is out of step. */
const MAX_SLC_RECORDS = 16;
/** Baseband number of an agent that does not know the chip it runs on. */
const UNKNOWN_CHIP = 0xff;

/** Sync byte, storage probe and version (protocol sections "Sync and probe"). */
export async function introduce(session: AgentSession, traits: LegacyTraits, host: HostLine): Promise<void> {
  await host.sendByte(LegacyByte.SYNC);
  if (traits.stages !== 1) {
    const { profile } = session;
    const found = (kind: StorageKind) => word(profile.storage.kind === kind ? 0 : LegacyError.DA_DEVICE_NOT_FOUND);
    await host.send(found('nand'), nandIds(profile, traits), found('emmc'), cidOf(profile));
    await host.u8(); // the host's acknowledgement; agents do not look at its value
  }
  await host.sendByte(traits.daMajor, traits.daMinor, traits.baseband);
  if (traits.baseband === UNKNOWN_CHIP) await hang(session.wire);
}

/**
 * The configuration words: 18 fixed bytes and what this build of the agent wants besides. A host that sends other extra
 * words shifts everything that follows, exactly as with a real agent.
 */
export async function receiveConfig(session: AgentSession, traits: LegacyTraits, host: HostLine): Promise<AgentConfig> {
  const fixed = await host.layout(LegacyConfig);
  let forceDram = false;
  let gpt: boolean | undefined;
  const extra = extraWordsOf(session, traits);
  switch (extra) {
    case 'none':
      break;
    case 'new-combo':
      await host.u32();
      break;
    case 'is-gpt':
      gpt = (await host.u32()) !== 0;
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
    detail: { extra, bromVersion: fixed.bromVersion, bootloaderVersion: fixed.bootloaderVersion },
  });
  return {
    forceCharge: fixed.forceCharge,
    forceDram,
    ...(gpt === undefined ? {} : { gpt }),
    ...(fixed.bmtFlag === 1 && fixed.bmtSize > 0 ? { poolSize: fixed.bmtSize } : {}),
  };
}

/** Texts in builds that want extra words; older builds for the same chips have neither. */
const BUILD_MARKS: Partial<Record<LegacyTraits['extraConfig'], string>> = {
  slc: 'get SLC percent count',
  'skip-dl-info+slc': 'get SLC percent count',
  'is-gpt': '[GPT_DA]',
};

/** What the build that was loaded wants: the profile describes builds of 2019, and the host may have sent an older one. */
function extraWordsOf({ stage1 }: AgentSession, { extraConfig }: LegacyTraits): LegacyTraits['extraConfig'] {
  const mark = BUILD_MARKS[extraConfig];
  if (mark === undefined || isFiller(stage1) || holds(stage1, ascii(mark))) return extraConfig;
  return 'none';
}

async function receiveSlcBlock(session: AgentSession, host: HostLine): Promise<void> {
  const count = await host.u32();
  if (count > MAX_SLC_RECORDS) await hang(session.wire);
  await host.skip(count * LegacySlcRecord.size);
}
