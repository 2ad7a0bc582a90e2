import { UnbrickError } from '../../errors/unbrick-error.js';
import type { Region, StorageInfo } from '../../storage/storage.js';
import { LegacyBootStyle } from '../../wire/index.js';
import { describeStorage, type FlashReport, nothingFound } from './flash-report.js';

/** Sector of every eMMC, bytes. */
export const EMMC_BLOCK = 512;

/** What is known besides the report. */
export interface ReportContext {
  /** eMMC CID in natural order, from the probe of stage 1: real reports hold its words turned around. */
  cid: Uint8Array;
  /** Bytes of RAM that the memory set-up told, 0 when it was not needed. */
  ramSize: number;
  /** Bytes of the bad-block pool that the agent was told, for chips whose report does not name it. */
  poolSize: number;
}

/**
 * The storage a flash report describes. With several chips it is the one the phone starts from.
 * @throws UnbrickError `STORAGE_NOT_FOUND`, `STORAGE_UNSUPPORTED`
 */
export function storageOf(report: FlashReport, context: ReportContext): StorageInfo {
  const { emmc, nand, sd, ram } = report;
  const reported = ram.externalStatus === 0 ? ram.externalSize : 0;
  const known = reported || context.ramSize;
  const withRam = (storage: StorageInfo): StorageInfo => ({ ...storage, ...(known ? { ramSize: known } : {}) });
  const bootsFromNand = nand.status === 0 && report.bootStyle === LegacyBootStyle.NAND;
  if (emmc.status === 0 && !bootsFromNand) return withRam(emmcStorage(report, context.cid));
  if (nand.status === 0) return withRam(nandStorage(report, context.poolSize));
  if (sd.status === 0 && sd.userSize > 0) {
    return withRam({ kind: 'sdmmc', blockSize: EMMC_BLOCK, regions: new Map([['user', sd.userSize]]), id: sd.cid });
  }
  throw nothingUsable(report);
}

function emmcStorage({ emmc }: FlashReport, cid: Uint8Array): StorageInfo {
  const sizes: [Region, number][] = [
    ['boot1', emmc.boot1Size],
    ['boot2', emmc.boot2Size],
    ['rpmb', emmc.rpmbSize],
    ...emmc.gpSizes.map((size, i): [Region, number] => [`gp${i + 1}` as Region, size]),
    ['user', emmc.userSize],
  ];
  return { kind: 'emmc', blockSize: EMMC_BLOCK, regions: new Map(sizes.filter(([, size]) => size > 0)), id: cid };
}

/** @throws UnbrickError `STORAGE_UNSUPPORTED` for a geometry nobody can work with */
function nandStorage({ nand, bmtBlocks }: FlashReport, toldPool: number): StorageInfo {
  const { pageSize, spareSize, pagesPerBlock } = nand.tail;
  const eraseBlock = pageSize * pagesPerBlock;
  const poolSize = bmtBlocks === undefined ? toldPool : bmtBlocks * eraseBlock;
  const usable = nand.size - poolSize;
  if (![pageSize, pagesPerBlock].every(isPowerOfTwo) || pageSize < 512 || usable < eraseBlock) {
    throw new UnbrickError({
      code: 'STORAGE_UNSUPPORTED',
      stage: 'agent',
      message: 'The agent describes a NAND chip that cannot be.',
      evidence: [
        `${nand.size} bytes, pages of ${pageSize} with ${spareSize} spare, ${pagesPerBlock} pages a block, a pool of ${poolSize} bytes for bad blocks`,
      ],
      next: ['Use the Download Agent that comes with the firmware of this phone.'],
    });
  }
  // One byte a word; what is not used is zero.
  const ids = Uint8Array.from(nand.ids, (id) => id & 0xff);
  const used = ids.findLastIndex((id) => id !== 0) + 1;
  return {
    kind: 'nand',
    blockSize: pageSize,
    regions: new Map([['nand', usable]]),
    id: ids.slice(0, used),
    nand: { pageSize, spareSize, eraseBlock, poolSize },
  };
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && (value & (value - 1)) === 0;
}

function nothingUsable(report: FlashReport): UnbrickError {
  const evidence = describeStorage(report);
  if (nothingFound(report)) {
    return new UnbrickError({
      code: 'STORAGE_NOT_FOUND',
      stage: 'agent',
      message: 'The agent found no storage chip in the phone.',
      evidence,
      next: [
        'Charge the battery, unplug, hold the power key for 15 seconds and repeat.',
        'If it stays so, the storage chip is dead or its solder joints are broken: a case for a repair shop.',
      ],
    });
  }
  return new UnbrickError({
    code: 'STORAGE_UNSUPPORTED',
    stage: 'agent',
    message: 'The phone has no storage that phones of this generation are flashed to: eMMC, NAND or an SD card.',
    evidence,
    next: ['Use the tool that came with the firmware of this phone.'],
  });
}
