import { concat, LegacyByte, LegacyCommand, LegacyError, LegacyPmtEntry } from '@unbrick/core/wire';
import { hang } from '../../../device/wire.js';
import type { NandFlash } from '../../../nand/nand-flash.js';
import { type NandPartition, nandPmtCapacity, readNandPmt, writeNandPmt } from '../../../nand/nand-pmt.js';
import { word } from '../host-line.js';
import { errorOf } from '../packets.js';
import { logCommand, type Stage2 } from '../stage2-state.js';

/** A count beyond this is no table: the stream is out of step. */
const MAD_COUNT = 0x1000;

/** READ_PARTITION_TBL. */
export async function readNandTable(agent: Stage2, flash: NandFlash): Promise<void> {
  const { host } = agent;
  logCommand(agent, LegacyCommand.NAND_READ_PARTITION_TABLE, false);
  const partitions = await readNandPmt(flash);
  if (!partitions) return host.refuse(LegacyError.PART_NO_VALID_TABLE);
  const entries = concat(
    ...partitions.map(({ name, start, size, mask }) =>
      LegacyPmtEntry.build({ name, size, partId: 0, offset: start, mask }),
    ),
  );
  await host.send(Uint8Array.of(LegacyByte.ACK), word(entries.length));
  if ((await host.u8()) !== LegacyByte.ACK) return;
  await host.send(entries);
  await host.u8();
}

/** WRITE_PARTITION_TBL: a new version of both copies. */
export async function writeNandTable(agent: Stage2, flash: NandFlash): Promise<void> {
  const { host, session } = agent;
  await host.ack();
  const count = await host.u32();
  logCommand(agent, LegacyCommand.NAND_WRITE_PARTITION_TABLE, true, { count });
  if (count > MAD_COUNT) await hang(session.wire);
  await host.ack();
  const raw: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    raw.push(await host.bytes(LegacyPmtEntry.size));
    await host.sendByte(LegacyByte.CONT);
  }
  await host.u32(); // update or create: a version is written whole in both cases
  await host.ack();
  const partitions = parse(raw, flash);
  if (!partitions || count > nandPmtCapacity(flash)) return host.refuse(LegacyError.PMT_NO_SPACE);
  const error = await errorOf(writeNandPmt(flash, partitions), LegacyError.DA_INVALID_RANGE);
  await (error === undefined ? host.ack() : host.refuse(error));
}

/** The entries, or nothing when one does not fit the 32-bit table of the chip. */
function parse(raw: readonly Uint8Array[], flash: NandFlash): NandPartition[] | undefined {
  const chipSize = flash.sizeOf('physical');
  try {
    const partitions = raw.map((bytes) => {
      const { name, size, offset, mask } = LegacyPmtEntry.parse(bytes);
      return { name, start: offset, size, mask };
    });
    return partitions.every(({ start, size }) => start + size <= chipSize) ? partitions : undefined;
  } catch (failure) {
    if (failure instanceof RangeError) return undefined; // a 64-bit number no storage has
    throw failure;
  }
}
