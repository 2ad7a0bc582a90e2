import { cancel, confirm, isCancel, multiselect } from '@clack/prompts';
import {
  type FirmwarePackage,
  type FlashMode,
  type FlashResult,
  flash,
  type Plan,
  planOffline,
  type Selection,
} from '@unbrick/core';
import { ExitCode, exitCodeOf } from '../exit-codes.js';
import { chooseBackupFolder } from '../files/backup-folder.js';
import { DiskBackupShelf } from '../files/backup-shelf.js';
import { type CredentialOptions, openCredentials } from '../files/credentials.js';
import { openDiskFile } from '../files/disk-file.js';
import { openFirmwarePath } from '../files/firmware-path.js';
import { stateDir } from '../files/state-dir.js';
import { openPortSource } from '../ports/open-source.js';
import type { Renderer } from '../render/renderer.js';
import { openTraceFile } from '../trace-file.js';
import { nobodyToAsk, notConfirmed } from './agent-options.js';
import { askForPhone } from './choose-phone.js';
import { emptyReport } from './empty-report.js';
import { chooseRenderer, showError, stopOnInterrupt } from './session.js';

export interface FlashOptions extends CredentialOptions {
  port: string;
  /** True when the user named the port. */
  portNamed: boolean;
  mode: FlashMode;
  /** Folder of an earlier backup of this phone. */
  calibration?: string;
  da?: string;
  scatter?: string;
  only?: string[];
  skip?: string[];
  choose?: boolean;
  force?: string[];
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
  backup: boolean;
  backupDir: string;
  reboot: boolean;
  wait: number;
  trace?: string;
}

/** `unbrick flash`. Resolves with the exit code. */
export async function flashCommand(path: string, options: FlashOptions): Promise<number> {
  const renderer = chooseRenderer(options.json ?? false);
  try {
    if (!options.yes && !options.dryRun && nobodyToAsk(options.json))
      throw notConfirmed('Look at the plan first: --dry-run');
    const firmware = await openFirmwarePath(path, options.scatter);
    const selection = await chooseSelection(firmware, options);
    if (selection === undefined) return ExitCode.INTERRUPTED;
    if (options.dryRun && !options.portNamed) return await dryRunOffline(firmware, selection, options, renderer);
    const result = await flashPhone(firmware, selection, options, renderer);
    return exitCodeOf(result.outcome);
  } catch (cause) {
    const code = showError(cause, renderer);
    if (options.json) renderer.show(emptyReport('Nothing was written to the phone.'));
    return code;
  }
}

async function flashPhone(
  firmware: FirmwarePackage,
  selection: Selection,
  options: FlashOptions,
  renderer: Renderer,
): Promise<FlashResult> {
  const credentials = await openCredentials(options);
  const source = await openPortSource(options.port, {
    onNote: (message) => renderer.show({ type: 'note', phase: 'connect', message }),
    ...(nobodyToAsk(options.json) ? {} : { choose: askForPhone(renderer) }),
  });
  const trace = options.trace === undefined ? undefined : await openTraceFile(options.trace);
  const interrupt = stopOnInterrupt(renderer);
  try {
    return await flash({
      firmware,
      source,
      selection,
      credentials,
      ...(options.da === undefined ? {} : { agentFile: await openDiskFile(options.da) }),
      waitMs: options.wait,
      force: options.force ?? [],
      mode: options.mode,
      ...(options.backup ? { backups: new DiskBackupShelf(options.backupDir, stateDir()) } : {}),
      ...(options.calibration === undefined ? {} : { calibration: await chooseBackupFolder(options.calibration) }),
      ...(options.yes || options.dryRun ? {} : { confirm: (plan: Plan) => askToFlash(plan, renderer) }),
      dryRun: options.dryRun ?? false,
      reboot: options.reboot,
      emit: renderer.show,
      stop: interrupt.signal,
      ...(trace ? { trace: trace.sink } : {}),
    });
  } finally {
    interrupt.release();
    await trace?.close();
  }
}

/** The plan against the firmware's own layout, when no phone was named. */
async function dryRunOffline(
  firmware: FirmwarePackage,
  selection: Selection,
  options: FlashOptions,
  renderer: Renderer,
): Promise<number> {
  const { findings, plan, blocked } = await planOffline(firmware, selection, {
    backup: options.backup,
    reboot: options.reboot,
    force: options.force ?? [],
    mode: options.mode,
  });
  for (const finding of findings) renderer.show({ type: 'finding', ...finding });
  if (plan) renderer.show({ type: 'plan', plan });
  renderer.show({
    type: 'note',
    phase: 'preflight',
    message: `No phone was asked: name its port (--port) to check the firmware against the phone as well.${severalStorages(firmware)}`,
  });
  if (options.json) renderer.show(emptyReport('Nothing was written to the phone.'));
  return blocked ? ExitCode.BLOCKED : ExitCode.DONE;
}

/** A plan made without a phone is made for the first storage that the firmware is for. */
function severalStorages({ scatter }: FirmwarePackage): string {
  const kinds = scatter.layouts.map(({ storage }) => storage.toUpperCase());
  return kinds.length > 1
    ? ` The firmware is for phones with ${kinds.join(' and ')}; this plan is for ${kinds[0]}.`
    : '';
}

async function chooseSelection(firmware: FirmwarePackage, options: FlashOptions): Promise<Selection | undefined> {
  if (!options.choose) {
    return { ...(options.only ? { only: options.only } : {}), ...(options.skip ? { skip: options.skip } : {}) };
  }
  const partitions =
    firmware.scatter.layouts[0]?.partitions.filter((each) => firmware.fileFor(each) !== undefined) ?? [];
  const chosen = await multiselect({
    message: 'Which partitions should be flashed?',
    options: partitions.map((each) => ({ value: each.name, label: each.name, hint: each.fileName ?? '' })),
    initialValues: partitions.filter((each) => each.isDownload).map((each) => each.name),
    required: true,
  });
  if (isCancel(chosen)) {
    cancel('Nothing was written to the phone.');
    return undefined;
  }
  return { only: chosen };
}

async function askToFlash(plan: Plan, renderer: Renderer): Promise<boolean> {
  renderer.pause();
  const count = plan.steps.filter((step) => step.kind === 'write' || step.kind === 'write-preloader').length;
  const deletes = {
    'format-all': 'Everything on the phone is erased, your photos and apps too; calibration is kept. ',
    upgrade: 'Your photos, apps and settings on the phone are deleted. ',
  }[plan.mode as string];
  const answer = await confirm({
    message: `${deletes ?? ''}Flash these ${count} partitions now?`,
    initialValue: false,
  });
  return answer === true;
}
