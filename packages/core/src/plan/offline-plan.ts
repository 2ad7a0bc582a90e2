import { gatherFirmwareFacts } from '../firmware/firmware-facts.js';
import type { FirmwarePackage } from '../firmware/package.js';
import type { ScatterLayout } from '../firmware/scatter/scatter.js';
import { tableKindOf } from '../firmware/scatter/table-kind.js';
import { checkFirmware } from '../preflight/check-firmware.js';
import type { Finding } from '../preflight/finding.js';
import { hasBlocker, liftFindings } from '../preflight/verdict.js';
import type { PartitionTable, StorageInfo } from '../storage/storage.js';
import { bootRegions, type Region, userRegion } from '../storage/storage.js';
import { type PlanOptions, planDownload } from './download-plan.js';
import type { Plan } from './plan.js';
import { planRebuild } from './rebuild-plan.js';
import { type Selection, selectPartitions } from './selection.js';
import { targetLayout } from './target-layout.js';
import { tellUnasked, withoutUnasked } from './unasked-images.js';

/**
 * Checks a firmware and plans against its own layout, without a phone. Only good for looking at: a real plan is made
 * against the partition table of the phone in hand.
 */
export async function planOffline(
  firmware: FirmwarePackage,
  selection: Selection,
  options: PlanOptions & { force: readonly string[]; mode?: 'download' | 'upgrade' | 'format-all' },
): Promise<{ findings: Finding[]; plan?: Plan; blocked: boolean }> {
  const layout = firmware.scatter.layouts[0];
  if (!layout) return { findings: [], blocked: true };
  const all = await gatherFirmwareFacts(firmware, layout, selectPartitions(layout, selection));
  const facts = withoutUnasked(all, selection);
  const findings = liftFindings([...checkFirmware(facts), ...tellUnasked(all, selection)], options.force);
  const { storage, table } = imagine(layout);
  const { mode = 'download', reboot } = options;
  const plan =
    mode === 'download'
      ? planDownload(facts, storage, table, options)
      : planRebuild(facts, storage, table, targetLayout(layout, storage, table), { mode, reboot });
  return { findings, plan, blocked: hasBlocker(findings) };
}

/** What most NAND chips of such phones have, bytes; a scatter file does not say. */
const NAND_PAGE = 2048;

/** A phone that is exactly as the scatter file says. */
function imagine(layout: ScatterLayout): { storage: StorageInfo; table: PartitionTable } {
  const user = userRegion(layout.storage);
  const isNand = layout.storage === 'nand';
  const boot = bootRegions(layout.storage).map((region): [Region, number] => [region, layout.blockSize]);
  // Room for what the file counts back from the end of a storage whose size it does not say.
  const end = Math.max(
    0,
    ...layout.partitions.map(({ start, size, endRelativeBlocks }) =>
      endRelativeBlocks === undefined ? start + size : 0,
    ),
  );
  const reserved = Math.max(0, ...layout.partitions.map(({ endRelativeBlocks = 0 }) => endRelativeBlocks));
  const storage: StorageInfo = {
    kind: layout.storage,
    blockSize: layout.storage === 'ufs' ? 4096 : isNand ? NAND_PAGE : 512,
    regions: new Map([...boot, [user, end + (reserved + 8) * layout.blockSize]]),
    id: new Uint8Array(16),
    ...(isNand ? { nand: { pageSize: NAND_PAGE, spareSize: 64, eraseBlock: layout.blockSize, poolSize: 0 } } : {}),
  };
  const kind = tableKindOf(layout) ?? 'gpt';
  const { table } = targetLayout(layout, storage, { kind, source: 'the scatter file', partitions: [] });
  return { storage, table };
}
