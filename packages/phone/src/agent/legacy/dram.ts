import {
  concat,
  EMI_APPLY,
  EMI_VERSION_BUILT_IN,
  encode,
  LegacyByte,
  LegacyError,
  sum16,
  u64,
} from '@unbrick/core/wire';
import { hang } from '../../device/wire.js';
import type { AgentSession } from '../session.js';
import { fitsMemory } from './emi-match.js';
import { type HostLine, halfword, word } from './host-line.js';
import type { LegacyTraits } from './stage1.js';
import { dumpedCid, dumpedStorageId, firmwareRevisionOf, memoryIdOf, nandIds } from './storage-id.js';

/** Kind and chip select of the report after success: DRAM at CS 0. */
const RAM_TYPE_DRAM = 2;
/** Most entries a list takes: the buffer of the MT6580 build (version 21) holds 20, others 10. */
const maxItems = (emiVersion: number) => (emiVersion === 21 ? 20 : 10);

/**
 * The DRAM state word and, when the phone was started from boot ROM, the set-up of the DRAM (protocol sections "DRAM state
 * word" and "Enabling DRAM").
 * @returns whether there is DRAM to load stage 2 into
 */
export async function prepareDram(
  session: AgentSession,
  traits: LegacyTraits,
  host: HostLine,
  forced: boolean,
): Promise<boolean> {
  if (session.bootedBy === 'preloader' && !forced) {
    await host.sendWord(0);
    await sendDramWords(traits, host);
    return true;
  }
  const isNand = session.profile.storage.kind === 'nand';
  await host.send(
    word(LegacyError.DA_RAM_ERROR),
    word(isNand ? LegacyError.DA_DEVICE_NOT_FOUND : 0),
    dumpedCid(session.profile),
    word(isNand ? 0 : LegacyError.DA_DEVICE_NOT_FOUND),
    nandIds(session.profile, traits),
  );
  await host.u8(); // ENABLE_DRAM; stage 1 does not look at the opcode
  const ready = await enableDram(session, traits, host, 'stage1');
  if (ready) await sendDramWords(traits, host);
  return ready;
}

/** MT6592 reports five words about its DRAM. */
async function sendDramWords(traits: LegacyTraits, host: HostLine): Promise<void> {
  if (traits.dramWords) await host.send(...traits.dramWords.map(word));
}

/**
 * ENABLE_DRAM after its opcode. Wrong settings are found out at the end, and then the agent says so and halts.
 * @returns false when the host broke it off; the phone is then without DRAM
 */
export async function enableDram(
  session: AgentSession,
  traits: LegacyTraits,
  host: HostLine,
  stage: 'stage1' | 'stage2',
): Promise<boolean> {
  const version = await host.u32();
  host.answers.begin('ENABLE_DRAM');
  session.log({ stage, what: 'ENABLE_DRAM', writes: false, detail: { emiVersion: version } });
  const builtIn = version === EMI_VERSION_BUILT_IN;
  const accepted = builtIn || version === traits.emiVersion;
  // A refused version does not end the exchange: the item size is sent all the same.
  await host.sendByte(accepted ? LegacyByte.ACK : LegacyByte.NACK);

  let data = new Uint8Array(0);
  if (!builtIn || traits.dramExchange === 'list') {
    const received = await receiveSettings(session, traits, host);
    if (!received) return false;
    data = received;
  }
  if ((await host.u32()) !== EMI_APPLY) await hang(session.wire);

  const { profile } = session;
  const fitting =
    accepted &&
    !session.faults.dramFail &&
    fitsMemory(data, traits, {
      kind: profile.storage.kind,
      id: memoryIdOf(profile),
      revision: firmwareRevisionOf(profile),
    });
  const failure = fitting ? host.answers.word() : LegacyError.DA_SETUP_DRAM_FAIL;
  if (failure !== undefined) {
    session.log({ stage, what: 'DRAM_FAILED', writes: false });
    await host.sendWord(failure);
    await hang(session.wire);
  }
  await host.send(word(0), Uint8Array.of(RAM_TYPE_DRAM, 0), encode(u64, 'big', profile.ramSize));
  session.log({ stage, what: 'DRAM_READY', writes: false, detail: { bytes: profile.ramSize } });
  return true;
}

/** The settings as sent, or nothing when the host stopped at one of its two chances. */
async function receiveSettings(
  session: AgentSession,
  traits: LegacyTraits,
  host: HostLine,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const itemSize = word(traits.emiItemSize);
  await host.send(
    traits.dramExchange === 'single-with-id' ? concat(dumpedStorageId(session.profile), itemSize) : itemSize,
  );
  if ((await host.u8()) !== LegacyByte.ACK) return undefined;

  let length = traits.emiItemSize;
  if (traits.dramExchange === 'list') {
    length = await host.u32();
    const items = length / traits.emiItemSize;
    // A length that does not fit the buffer is only told to the agent's own console.
    if (!Number.isInteger(items) || items < 1 || items > maxItems(traits.emiVersion)) await hang(session.wire);
  }
  const data = (await host.bytes(length)).slice();
  await host.send(halfword(sum16(data)));
  return (await host.u8()) === LegacyByte.ACK ? data : undefined;
}
