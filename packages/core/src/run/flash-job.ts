import type { Agent } from '../agent/agent.js';
import type { AgentImage } from '../agent/start.js';
import type { ConnectedPhone } from '../bootrom/connect.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import { type AgentChoice, chooseAgent, loadAgentFiles } from '../firmware/agent-search.js';
import { type FirmwareFacts, gatherFirmwareFacts } from '../firmware/firmware-facts.js';
import type { FirmwarePackage } from '../firmware/package.js';
import { storageHints } from '../firmware/scatter/storage-hints.js';
import type { ByteSource } from '../firmware/source.js';
import type { Plan } from '../plan/plan.js';
import { type Selection, selectPartitions } from '../plan/selection.js';
import { tellUnasked, withoutUnasked } from '../plan/unasked-images.js';
import { checkAgent } from '../preflight/check-agent.js';
import { checkChip } from '../preflight/check-chip.js';
import { checkFirmware } from '../preflight/check-firmware.js';
import { checkMode } from '../preflight/check-mode.js';
import { checkSet } from '../preflight/check-set.js';
import { checkBackupOwner, manifestOfPackage } from './backup-package.js';
import { gatherCredentials } from './credentials.js';
import { type FlashWishes, flashPhone } from './flash-phone.js';
import { type JobResult, runJob } from './job-shell.js';
import { Judge } from './judge.js';
import type { Outcome } from './outcome.js';
import { leavePhone, type ReachOptions, reachPhone, startAgent } from './phone-session.js';
import { proveFiles } from './prove-files.js';
import type { RunRecord } from './run-plan.js';
import { markOf } from './same-phone.js';

export interface FlashJob extends ReachOptions, FlashWishes {
  firmware: FirmwarePackage;
  selection?: Selection;
  /** Use this agent file instead of searching the firmware. */
  agentFile?: ByteSource;
  /** Blockers to lift, by code. */
  force?: readonly string[];
}

export interface FlashResult extends JobResult {
  plan?: Plan;
}

/**
 * The main job, from a firmware and a port to a verified report: preflight, connect, agent, preflight again with the phone
 * in hand, plan, confirm, run. Never throws: whatever happens becomes events, a report and an outcome.
 */
export async function flash(job: FlashJob): Promise<FlashResult> {
  const session: Session = {};
  const result = await runJob(job, async (record) => {
    try {
      return await flashOrThrow(job, record, session);
    } finally {
      // An untouched phone starts again, a half-written one is switched off rather than started.
      const listening = record.state.left ? undefined : session.agent;
      await leavePhone(session.phone, listening, record.state.touched ? 'power-off' : 'normal');
    }
  });
  return { ...result, ...(session.plan ? { plan: session.plan } : {}) };
}

interface Session {
  phone?: ConnectedPhone;
  agent?: Agent;
  plan?: Plan;
}

async function flashOrThrow(job: FlashJob, record: RunRecord, session: Session): Promise<Outcome> {
  const { firmware, emit } = job;
  const progress = (phase: 'connect' | 'identify', bytes: number) => emit({ type: 'progress', phase, bytes, total: 1 });
  const judge = new Judge(emit, job.force ?? [], job.checkOnly);
  refuseNonsense(job);
  const backup = await manifestOfPackage(firmware);
  // A backup of this very phone brings its own data back; a firmware's images for them are left out.
  const selection = backup ? undefined : (job.selection ?? {});
  const checkFiles = async (all: FirmwareFacts): Promise<FirmwareFacts> => {
    const used = selection ? withoutUnasked(all, selection) : all;
    const unasked = selection ? tellUnasked(all, selection) : [];
    judge.judge([...checkFirmware(used), ...unasked, ...(await checkSet(used))]);
    return used;
  };
  // One layout: everything about the files can be said before the phone is asked for.
  const onlyLayout = firmware.scatter.layouts.length === 1 ? firmware.scatter.layouts[0] : undefined;
  let facts = onlyLayout && (await checkFiles(await gather(job, onlyLayout)));
  judge.judge(await proveFiles(firmware, job.selection ?? {}, job));

  progress('connect', 0);
  const phone = await reachPhone(job);
  session.phone = phone;
  progress('connect', 1);
  progress('identify', 1);

  const preloaderFacts = facts ?? (await gatherAny(job));
  const choice = await findAgent(job, phone);
  const chip = checkChip(firmware.scatter, phone.identity);
  // Memory settings of another chip's firmware are not to be tried out.
  const cannotGoOn = chip.severity === 'blocker' || !choice.image;
  const credentials = await gatherCredentials(firmware, job.credentials);
  const agentFindings = checkAgent(preloaderFacts, phone.identity, choice, credentials);
  judge.judge([chip, ...checkMode(preloaderFacts, phone.identity), ...agentFindings], cannotGoOn);
  const needs = {
    image: choice.image as AgentImage,
    emi: preloaderFacts.preloader?.emi,
    credentials,
    hints: storageHints(firmware.scatter),
  };
  const agent = await startAgent(phone, needs, emit);
  session.agent = agent;

  if (!facts) {
    const layout = firmware.scatter.layouts.find((each) => each.storage === agent.storage.kind);
    facts = await checkFiles(await gather(job, layout ?? (firmware.scatter.layouts[0] as FirmwareFacts['layout'])));
  }
  if (backup) judge.judge([checkBackupOwner(backup, markOf(phone.identity, agent.storage))]);
  return flashPhone(
    { agent, identity: phone.identity, facts, wishes: job, judge, record, ...(backup ? { ownBackup: backup } : {}) },
    (plan) => {
      session.plan = plan;
    },
  );
}

/** @throws UnbrickError `MODE_NEEDS_ALL`, `MODE_NEEDS_BACKUP` */
function refuseNonsense({ mode = 'download', selection, backups, checkOnly }: FlashJob): void {
  if (mode === 'download') return;
  if (selection?.only || selection?.skip) {
    throw new UnbrickError({
      code: 'MODE_NEEDS_ALL',
      stage: 'usage',
      message: `--mode ${mode} writes the complete firmware; partitions cannot be picked.`,
      evidence: ['what it empties has to be filled again, or the phone does not start'],
      next: ['Leave out --only and --skip.', 'Or flash single partitions without emptying any: --mode download'],
    });
  }
  if (!backups && !checkOnly) {
    throw new UnbrickError({
      code: 'MODE_NEEDS_BACKUP',
      stage: 'usage',
      message: `--mode ${mode} is not done without a backup of the calibration data.`,
      evidence: ['without them the phone has no IMEI and no radio, and nobody can make them anew'],
      next: ['Leave out --no-backup.'],
    });
  }
}

function gather(job: FlashJob, layout: FirmwareFacts['layout']): Promise<FirmwareFacts> {
  return gatherFirmwareFacts(job.firmware, layout, selectPartitions(layout, job.selection ?? {}), (path) =>
    job.emit({ type: 'note', phase: 'preflight', message: `Looking through ${path} inside the archive …` }),
  );
}

/** Facts about the preloader alone, while it is not known which of several layouts is this phone's. */
function gatherAny(job: FlashJob): Promise<FirmwareFacts> {
  const layout = job.firmware.scatter.layouts[0];
  if (!layout) {
    throw new UnbrickError({
      code: 'SCATTER_UNREADABLE',
      stage: 'firmware',
      message: 'The scatter file describes no storage.',
      evidence: [job.firmware.scatterPath],
      next: ['Use the scatter file as its maker published it.'],
    });
  }
  return gatherFirmwareFacts(job.firmware, layout, []);
}

async function findAgent(job: FlashJob, phone: ConnectedPhone): Promise<AgentChoice> {
  const files = await loadAgentFiles(job.firmware, job.agentFile);
  return chooseAgent(files, phone.identity);
}
