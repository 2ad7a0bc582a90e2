import { LegacyBmtPair, LegacyByte, LegacyCommand } from '@unbrick/core/wire';
import { logCommand, type Stage2 } from '../stage2-state.js';
import { remakeMap } from './format.js';

/** Pairs that the one count byte can tell. */
const MAX_PAIRS = 0xff;

/** READ_BMT: the replaced blocks, which the host acknowledges. Phones without NAND have an empty list. */
export async function readBadBlocks(agent: Stage2): Promise<void> {
  logCommand(agent, LegacyCommand.NAND_READ_BMT, false);
  const pairs = (agent.nand?.map.pairs ?? []).slice(0, MAX_PAIRS);
  await agent.host.send(
    Uint8Array.of(LegacyByte.ACK, pairs.length),
    ...pairs.map(({ bad, mapped }) => LegacyBmtPair.build({ badBlock: bad, mappedBlock: mapped })),
  );
  await agent.host.u8();
}

/** NAND_BMT_REMARK: makes the bad-block map from the marks on the chip; with a map there is no need to. */
export async function remarkBadBlocks(agent: Stage2): Promise<void> {
  const { host, nand } = agent;
  const needed = nand !== undefined && !nand.map.found;
  logCommand(agent, LegacyCommand.NAND_BMT_REMARK, needed);
  if (!needed) return host.sendByte(LegacyByte.NACK);
  await host.ack();
  await remakeMap(agent, nand);
  // There is no word for a failure here.
  if (host.answers.word() !== undefined) return host.sendByte(LegacyByte.NACK);
  await host.sendByte(LegacyByte.CONT);
  await host.sendByte(LegacyByte.STOP); // finished
}
