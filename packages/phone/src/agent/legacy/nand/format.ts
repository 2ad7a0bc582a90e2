import {
  encode,
  LegacyByte,
  LegacyEraseFlag,
  LegacyError,
  LegacyFormatStatistics,
  LegacyNandError,
  u64,
} from '@unbrick/core/wire';
import { BadBlockMap } from '../../../nand/bad-block-map.js';
import type { NandFlash } from '../../../nand/nand-flash.js';
import { StorageFault } from '../../../storage/phone-storage.js';
import { word } from '../host-line.js';
import type { Stage2 } from '../stage2-state.js';
import { checkNandRange, type NandRange } from './nand-range.js';

/** A byte that is not ACK announces statistics. */
const STATISTICS_FOLLOW = 0xa5;

/**
 * FORMAT on NAND after its arguments: block by block, with a report at each per cent and for each block that is left out.
 * Formatting the pool takes the bad-block map along; it is made anew at the end.
 */
export async function formatNand(agent: Stage2, flash: NandFlash, wanted: NandRange, eraseFlag: number): Promise<void> {
  const { host } = agent;
  if (wanted.address % flash.blockSize !== 0) return host.refuse(LegacyError.DA_INVALID_BEGIN_ADDR);
  await host.ack();
  const range = checkNandRange(flash, wanted, flash.blockSize);
  if (typeof range === 'number') return host.refuse(range);
  await host.ack();

  agent.downloadStatus = 'FORMAT_START';
  const first = range.address / flash.blockSize;
  const count = Math.ceil(range.length / flash.blockSize);
  const failed = { bad: 0, error: 0 };
  let told = -1;
  for (let i = 0; i < count; i++) {
    const error = host.answers.word() ?? (await eraseOne(flash, first + i, range, eraseFlag));
    if (error !== undefined) {
      failed[error === LegacyNandError.BAD_BLOCK ? 'bad' : 'error']++;
      const address = encode(u64, 'big', (first + i) * flash.blockSize);
      await host.send(word(error), address, Uint8Array.of(LegacyByte.CONT));
    }
    const percent = Math.floor((100 * (i + 1)) / count);
    if (percent === told || percent === 100) continue;
    told = percent;
    await host.send(word(LegacyError.DA_IN_PROGRESS), Uint8Array.of(percent));
    if ((await host.u8()) === LegacyByte.STOP) return;
  }
  await host.send(word(0), Uint8Array.of(100));
  await host.u8();
  agent.downloadStatus = 'FORMAT_DONE';
  await host.sendByte(STATISTICS_FOLLOW);
  await host.send(
    LegacyFormatStatistics.build({
      address: range.address,
      length: range.length,
      totalBlocks: count,
      badBlocks: failed.bad,
      errorBlocks: failed.error,
    }),
  );
  const poolStart = flash.map.firstPoolBlock;
  if (range.addressing === 'logical' || first + count <= poolStart) return host.ack();
  await host.sendByte(LegacyByte.NACK); // post-processing; a byte tells its end
  await remakeMap(agent, flash);
  await host.ack();
}

/** A new bad-block map from the marks on the chip. */
export async function remakeMap(agent: Stage2, flash: NandFlash): Promise<void> {
  const poolBlocks = flash.chip.geometry.blocks - flash.map.firstPoolBlock;
  agent.nand = flash.withMap(await BadBlockMap.create(flash.chip, poolBlocks));
}

/** @returns the error word for a block that was left out */
async function eraseOne(
  flash: NandFlash,
  block: number,
  { addressing }: NandRange,
  eraseFlag: number,
): Promise<number | undefined> {
  const { chip } = flash;
  try {
    if (eraseFlag === LegacyEraseFlag.MARK_BAD)
      await chip.markBad(addressing === 'logical' ? flash.map.translate(block) : block);
    else if (addressing === 'physical' && eraseFlag === LegacyEraseFlag.FORCE) await chip.eraseBlock(block);
    else await flash.erase(block, addressing);
    return undefined;
  } catch (fault) {
    if (!(fault instanceof StorageFault)) throw fault;
    return addressing === 'physical' && eraseFlag === LegacyEraseFlag.FORCE
      ? LegacyNandError.ERASE_FAILED
      : LegacyNandError.BAD_BLOCK;
  }
}
