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

/** A phone that is exactly as the scatter file says. */
function imagine(layout: ScatterLayout): { storage: StorageInfo; table: PartitionTable } {
  const user = userRegion(layout.storage);
  const partitions = layout.partitions
    .filter((each) => each.region === user && each.endRelativeBlocks === undefined)
    .map((each) => ({ name: each.name, region: user, start: each.start, length: each.size }));
  const boot: [Region, number][] = bootRegions(layout.storage).map((region) => [region, layout.blockSize]);
  return {
    storage: {
      kind: layout.storage,
      blockSize: layout.storage === 'ufs' ? 4096 : 512,
      regions: new Map(boot),
      id: new Uint8Array(16),
    },
    table: { kind: 'gpt', source: 'the scatter file', partitions },
  };
}
