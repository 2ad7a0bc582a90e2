import { gatherFirmwareFacts } from '../firmware/firmware-facts.js';
import type { FirmwarePackage } from '../firmware/package.js';
import type { ScatterLayout } from '../firmware/scatter/scatter.js';
import { checkFirmware } from '../preflight/check-firmware.js';
import type { Finding } from '../preflight/finding.js';
import { hasBlocker, liftFindings } from '../preflight/verdict.js';
import type { PartitionTable, StorageInfo } from '../storage/storage.js';
import { bootRegions, type Region, userRegion } from '../storage/storage.js';
import { type PlanOptions, planDownload } from './download-plan.js';
import type { Plan } from './plan.js';
import { type Selection, selectPartitions } from './selection.js';

/**
 * Checks a firmware and plans against its own layout, without a phone. Only good for looking at: a real plan is made
 * against the partition table of the phone in hand.
 */
export async function planOffline(
  firmware: FirmwarePackage,
  selection: Selection,
  options: PlanOptions & { force: readonly string[] },
): Promise<{ findings: Finding[]; plan?: Plan; blocked: boolean }> {
  const layout = firmware.scatter.layouts[0];
  if (!layout) return { findings: [], blocked: true };
  const facts = await gatherFirmwareFacts(firmware, layout, selectPartitions(layout, selection));
  const findings = liftFindings(checkFirmware(facts), options.force);
  const { storage, table } = imagine(layout);
  return { findings, plan: planDownload(facts, storage, table, options), blocked: hasBlocker(findings) };
}

/** What most NAND chips of such phones have, bytes; a scatter file does not say. */
const NAND_PAGE = 2048;

/** A phone that is exactly as the scatter file says. */
function imagine(layout: ScatterLayout): { storage: StorageInfo; table: PartitionTable } {
  const user = userRegion(layout.storage);
  const partitions = layout.partitions
    .filter((each) => each.region === user && each.endRelativeBlocks === undefined)
    .map((each) => ({ name: each.name, region: user, start: each.start, length: each.size }));
  const end = Math.max(0, ...partitions.map(({ start, length }) => start + length));
  const boot = bootRegions(layout.storage).map((region): [Region, number] => [region, layout.blockSize]);
  const isNand = layout.storage === 'nand';
  return {
    storage: {
      kind: layout.storage,
      blockSize: layout.storage === 'ufs' ? 4096 : isNand ? NAND_PAGE : 512,
      regions: new Map(isNand ? [['nand', end]] : boot),
      id: new Uint8Array(16),
      ...(isNand ? { nand: { pageSize: NAND_PAGE, spareSize: 64, eraseBlock: layout.blockSize, poolSize: 0 } } : {}),
    },
    table: { kind: isNand ? 'pmt' : 'gpt', source: 'the scatter file', partitions },
  };
}
