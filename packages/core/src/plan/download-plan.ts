import type { FirmwareFacts } from '../firmware/firmware-facts.js';
import type { PartitionTable, StorageInfo } from '../storage/storage.js';
import { backupStep, preloaderBackup } from './backup-step.js';
import { isCalibration } from './calibration.js';
import { imageSteps } from './image-steps.js';
import type { Plan, PlanStep } from './plan.js';

export interface PlanOptions {
  /** Read the calibration partitions to a backup first. */
  backup: boolean;
  reboot: boolean;
}

/** *Download only*: back up calibration, write the selected partitions where the phone has them, preloader last. Pure. */
export function planDownload(
  facts: FirmwareFacts,
  storage: StorageInfo,
  table: PartitionTable,
  options: PlanOptions,
): Plan {
  const { writes, preloader } = imageSteps(facts, storage, table, 'gaps');
  const steps: PlanStep[] = [];
  if (options.backup) {
    steps.push(...table.partitions.filter((entry) => isCalibration(entry.name)).map(backupStep));
    steps.push(...preloaderBackup(facts, storage, table));
  }
  steps.push(...writes, ...preloader);
  if (options.reboot) steps.push(REBOOT);
  return { mode: 'download', firmware: facts.package.name, phone: phoneOfPlan(facts, storage), steps };
}

export const REBOOT: PlanStep = { kind: 'reboot', partition: '', bytes: 0, risk: 'none' };

/** For people: `MT6735, EMMC`. */
export function phoneOfPlan(facts: FirmwareFacts, storage: StorageInfo): string {
  return `${facts.package.scatter.platform}, ${storage.kind.toUpperCase()}`;
}
