import { LEGACY_NAND_RECORD_SIZE, LegacyByte } from '@unbrick/core/wire';
import type { AgentSession } from '../session.js';
import { holds } from '../stage1-image.js';
import type { HostLine } from './host-line.js';
import { nandIdOf } from './storage-id.js';

/**
 * What agents of MT6573, MT6575 and MT6577 do in place of loading a stage 2 (protocol section "V3 sync"): the host feeds
 * them its table of NAND chips, record by record, until one is the phone's. With eMMC none is, and the table is gone through.
 */
export async function matchNandRecords(session: AgentSession, host: HostLine): Promise<void> {
  await host.ack(); // the NAND controller is part of the chip, whatever hangs on it
  await host.sendWord(LEGACY_NAND_RECORD_SIZE);
  const count = await host.u32();
  await host.ack();
  const id = nandIdOf(session.profile);
  let matched = false;
  for (let i = 0; i < count && !matched; i++) {
    const record = await host.bytes(LEGACY_NAND_RECORD_SIZE);
    matched = id.length > 0 && holds(record, id.subarray(0, 5));
    await host.sendByte(matched ? LegacyByte.ACK : LegacyByte.CONT);
  }
  session.log({ stage: 'stage1', what: 'NAND_TABLE', writes: false, detail: { count, matched: matched ? 1 : 0 } });
}
