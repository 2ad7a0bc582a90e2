import { UnbrickError } from '../../errors/unbrick-error.js';
import type { Region, StorageInfo } from '../../storage/storage.js';
import { describeStorage, type FlashReport, nothingFound } from './flash-report.js';

/** Sector of every eMMC, bytes. */
export const EMMC_BLOCK = 512;

/**
 * The storage a flash report describes.
 * @param cid eMMC CID in natural order, from the probe of stage 1: real reports hold its words turned around
 * @param ramSize bytes the memory set-up told, 0 when it was not needed
 * @throws UnbrickError `STORAGE_NOT_FOUND`, `STORAGE_UNSUPPORTED`
 */
export function storageOf(report: FlashReport, cid: Uint8Array, ramSize: number): StorageInfo {
  const { emmc, ram } = report;
  if (emmc.status !== 0) throw noEmmc(report);
  const sizes: [Region, number][] = [
    ['boot1', emmc.boot1Size],
    ['boot2', emmc.boot2Size],
    ['rpmb', emmc.rpmbSize],
    ...emmc.gpSizes.map((size, i): [Region, number] => [`gp${i + 1}` as Region, size]),
    ['user', emmc.userSize],
  ];
  const reported = ram.externalStatus === 0 ? ram.externalSize : 0;
  const known = reported || ramSize;
  return {
    kind: 'emmc',
    blockSize: EMMC_BLOCK,
    regions: new Map(sizes.filter(([, size]) => size > 0)),
    id: cid,
    ...(known ? { ramSize: known } : {}),
  };
}

function noEmmc(report: FlashReport): UnbrickError {
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
    message: 'This phone has no eMMC; other storage is not supported with this generation of agents yet.',
    evidence,
    next: ['Use the tool that came with the firmware of this phone.'],
  });
}
