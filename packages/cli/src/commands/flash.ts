import { cancel, isCancel, multiselect } from '@clack/prompts';
import {
  type FirmwarePackage,
  type FlashMode,
  flash,
  type Outcome,
  type Plan,
  planOffline,
  type Selection,
} from '@unbrick/core';
import { say } from '@unbrick/core/explain';
import { chooseBackupFolder } from '../files/backup-folder.js';
import { DiskBackupShelf } from '../files/backup-shelf.js';
import { openFirmwarePath } from '../files/firmware-path.js';
import { stateDir } from '../files/state-dir.js';
import { userLanguage } from '../render/user-language.js';
import { type AgentSession, agentCommand } from './agent-command.js';
import { type AgentOptions, needSomebodyToAsk } from './agent-options.js';

export interface FlashOptions extends AgentOptions {
  /** True when the user named the port. */
  portNamed: boolean;
  mode: FlashMode;
  /** Folder of an earlier backup of this phone. */
  calibration?: string;
  scatter?: string;
  only?: string[];
  skip?: string[];
  choose?: boolean;
  force?: string[];
  dryRun?: boolean;
  yes?: boolean;
  backup: boolean;
  backupDir: string;
  reboot: boolean;
}

/** `unbrick flash`. Resolves with the exit code. */
export function flashCommand(path: string, options: FlashOptions): Promise<number> {
  return agentCommand(options, async (session) => {
    const firmware = await openFirmwarePath(path, options.scatter);
    needSomebodyToAsk(options, 'Look at the plan first: --dry-run');
    const selection = await chooseSelection(firmware, options);
    if (selection === undefined) return 'declined';
    if (options.dryRun && !options.portNamed) return await dryRunOffline(firmware, selection, options, session);
    return await flashPhone(firmware, selection, options, session);
  });
}

async function flashPhone(
  firmware: FirmwarePackage,
  selection: Selection,
  options: FlashOptions,
  session: AgentSession,
): Promise<Outcome> {
  const calibration = options.calibration === undefined ? undefined : await chooseBackupFolder(options.calibration);
  const { outcome } = await flash({
    ...(await session.open()),
    firmware,
    selection,
    force: options.force ?? [],
    mode: options.mode,
    ...(options.backup ? { backups: new DiskBackupShelf(options.backupDir, stateDir()) } : {}),
    ...(calibration ? { calibration } : {}),
    ...(options.yes || options.dryRun ? {} : { confirm: (plan: Plan) => session.ask(questionOf(plan)) }),
    dryRun: options.dryRun ?? false,
    reboot: options.reboot,
  });
  return outcome;
}

/** The plan against the firmware's own layout, when no phone was named. */
async function dryRunOffline(
  firmware: FirmwarePackage,
  selection: Selection,
  options: FlashOptions,
  { renderer, end }: AgentSession,
): Promise<Outcome> {
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
  return end(blocked ? 'blocked' : 'planned', userLanguage().phone.untouched);
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
    cancel(userLanguage().phone.untouched);
    return undefined;
  }
  return { only: chosen };
}

function questionOf({ mode, steps }: Plan): string {
  const count = steps.filter((step) => step.kind === 'write' || step.kind === 'write-preloader').length;
  const language = userLanguage();
  const { prompts } = language;
  const deletes: Partial<Record<Plan['mode'], string>> = {
    'format-all': prompts['erases-all'],
    upgrade: prompts['erases-data'],
  };
  return [deletes[mode], say(prompts.flash, { count }, language)].filter(Boolean).join(' ');
}
