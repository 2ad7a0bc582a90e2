import type {
  ErrorEvent,
  Extent,
  FindingEvent,
  JobEvent,
  PartitionReport,
  Plan,
  PlanStep,
  ReportEvent,
} from '@unbrick/core';
import { type Explanation, elsewhere, explainOwnCode, say } from '@unbrick/core/explain';
import { title } from './entry-title.js';
import { displayWidth } from './fit.js';
import { formatBytes, formatSeconds, formatSpeed } from './format.js';
import type { Style } from './style.js';
import { userLanguage } from './user-language.js';

const PHASE_NAMES: Record<string, string> = {
  connect: 'Connect',
  identify: 'Identify',
  'agent-upload': 'Agent',
  dram: 'DRAM',
  preflight: 'Preflight',
  backup: 'Back up',
  erase: 'Erase',
  write: 'Write',
  verify: 'Verify',
  reboot: 'Restart',
};

/** `Write system` */
export function phaseTitle(phase: string, partition?: string): string {
  return partition ? `${PHASE_NAMES[phase] ?? phase} ${partition}` : (PHASE_NAMES[phase] ?? phase);
}

/** The permanent lines of an event; progress has none. */
export function eventLines(event: JobEvent, style: Style): string[] {
  switch (event.type) {
    case 'progress':
      return [];
    case 'note':
      return [style.dim(`  · ${event.message}`)];
    case 'connection':
      return [style.dim(`  · ${event.seen}`), `  → ${event.advice}`];
    case 'finding': {
      if (event.severity === 'ok') return [`${style.green('✓')} ${event.message}`];
      const sign = event.severity === 'blocker' ? style.red('✗') : style.yellow('!');
      const { message, evidence, next } = inUserLanguage(event);
      return [`${sign} ${message}${style.dim(` [${event.code}]`)}`, ...explained(evidence, next, style)];
    }
    case 'plan':
      return planLines(event.plan, style);
    case 'error': {
      const { message, evidence, next } = inUserLanguage(event);
      return [
        '',
        style.red(`✗ ${message}`) + style.dim(` [${event.code}]`),
        ...explained(evidence, next, style),
        ...causeLines(event.code, style),
      ];
    }
    case 'report':
      return reportLines(event, style);
  }
}

function explained(evidence: readonly string[], next: readonly string[], style: Style): string[] {
  const { marks } = userLanguage();
  const width = Math.max(...[marks.seen, marks.next, marks.or].map((mark) => displayWidth(mark)));
  const line = (mark: string, text: string) => `    ${' '.repeat(width - displayWidth(mark))}${mark} ${text}`;
  return [
    ...evidence.map((text) => style.dim(line(marks.seen, text))),
    ...next.map((text, i) => line(i === 0 ? marks.next : marks.or, text)),
  ];
}

type Told = Pick<FindingEvent, 'message' | 'evidence' | 'next'>;

/** What happened in the user's language where the catalogue has it; the words of the moment then stand with what was seen. */
function inUserLanguage(event: FindingEvent | ErrorEvent, language = userLanguage()): Told {
  if (!language.entries[event.code]) return { ...event, evidence: [...event.evidence], next: [...event.next] };
  const { meaning, next } = explainOwnCode(event.code, language) as Explanation;
  return {
    message: meaning,
    evidence: [event.message, ...event.evidence],
    next: next.length > 0 ? next : [...event.next],
  };
}

/** What usually causes it, from the catalogue: the error itself knows only its moment. */
function causeLines(code: string, style: Style): string[] {
  const language = userLanguage();
  const { marks } = language;
  const explanation = explainOwnCode(code, language);
  if (!explanation) return [];
  const { causes, entry } = explanation;
  const others = elsewhere(entry).map(title);
  return [
    ...(causes.length > 0 ? [`    ${marks.usually} ${causes.join('; ')}`] : []),
    ...(others.length > 0 ? [`    ${marks.elsewhere} ${others.join(', ')}`] : []),
    `    ${marks.more} unbrick explain ${code}`,
  ].map(style.dim);
}

/** The plan as users of flash tools know it: a list with ticks. */
export function planLines(plan: Plan, style: Style): string[] {
  const rows = plan.steps.map((step, i): [string, string, string, string, string, string, string] => [
    `${i + 1}`,
    stepVerb(step),
    step.partition,
    step.bytes > 0 ? formatBytes(step.bytes) : '',
    stepPlace(step),
    step.proven ? 'proven before' : RISK_WORDS[step.risk],
    step.proven ? '✓' : '☑',
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  return [
    '',
    style.bold(planTitle(plan)),
    ...rows.map(([number, verb, partition, size, place, risk, tick]) => {
      const [numbers = 0, verbs = 0, partitions = 0, sizes = 0] = widths;
      const cells = [number.padStart(numbers), verb.padEnd(verbs), partition.padEnd(partitions), size.padStart(sizes)];
      return `  ${tick} ${[...cells, place, ...(risk ? [style.yellow(risk)] : [])].join('  ')}`;
    }),
    `  ${planSum(plan)}`,
    '',
  ];
}

/** What a step can cost, in the last column of the plan. */
const RISK_WORDS: Record<PlanStep['risk'], string> = {
  none: '',
  low: '',
  data: 'your data are deleted',
  calibration: 'from the backup',
  high: 'needed to start',
};

function planTitle({ mode, firmware, phone }: Plan): string {
  switch (mode) {
    case 'download':
      return `Plan: flash ${firmware} to the phone (${phone})`;
    case 'upgrade':
      return `Plan: upgrade the phone (${phone}) to ${firmware}; calibration is kept`;
    case 'format-all':
      return `Plan: erase the phone (${phone}) and flash ${firmware}; calibration is kept`;
    case 'restore':
      return `Plan: put the backup ${firmware} back on the phone (${phone})`;
    case 'backup':
      return `Plan: read the phone (${phone}) to a backup`;
    case 'erase':
      return `Plan: erase partitions of the phone (${phone})`;
    case 'repair-table':
      return `Plan: repair the partition table of the phone (${phone})`;
  }
}

function planSum(plan: Plan): string {
  const { steps } = plan;
  const of = (...kinds: PlanStep['kind'][]) => steps.filter((step) => kinds.includes(step.kind) && !step.proven);
  const writes = of('write', 'write-preloader', 'restore', 'write-table', 'repair-table');
  const bytes = writes.reduce((sum, step) => sum + step.bytes, 0);
  const emptied = of('erase').filter((step) => !writes.some((write) => write.partition === step.partition)).length;
  const kept = of('keep').length;
  return [
    writes.length > 0
      ? `${counted(writes.length, 'partition')} written (${formatBytes(bytes)}), each read back and compared`
      : 'nothing written',
    emptied > 0 ? `${counted(emptied, 'area')} emptied` : '',
    kept > 0 ? `${kept} kept and compared with the backup` : '',
    `${backupSum(plan)}.`,
  ]
    .filter(Boolean)
    .join('; ');
}

function backupSum({ mode, steps }: Plan): string {
  const backups = steps.filter((step) => step.kind === 'backup').length;
  if (mode === 'restore') return 'the backup was checked';
  if (backups > 0) return `${backups} backed up${mode === 'backup' ? '' : ' before'}`;
  return steps.some((step) => step.kind === 'keep') ? 'the earlier backup is used' : 'no backup';
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

const VERBS: Record<PlanStep['kind'], string> = {
  backup: 'back up',
  'map-bad-blocks': 'renew',
  erase: 'erase',
  write: 'flash',
  'write-preloader': 'flash',
  'write-table': 'write',
  restore: 'put back',
  keep: 'keep',
  'repair-table': 'repair',
  reboot: 'restart',
};

function stepVerb(step: PlanStep): string {
  return VERBS[step.kind];
}

function stepPlace(step: PlanStep): string {
  const at = ({ region, start }: Extent) => `${region} at 0x${start.toString(16)}`;
  switch (step.kind) {
    case 'backup':
      return `→ ${step.fileName}`;
    case 'map-bad-blocks':
      return 'only when the chip has lost it';
    case 'erase':
      return at(step.extent);
    case 'write':
      return `${at(step.extent)} ← ${step.path}${step.format === 'sparse' ? ' (sparse)' : ''}`;
    case 'write-table':
      return `${step.extents.map(at).join(' and ')}, ${step.partitions.length} partitions`;
    case 'restore':
      return `${at(step.extent)} ← ${step.fileName}`;
    case 'keep':
      return `${at(step.extent)} = ${step.fileName}, compared`;
    case 'write-preloader':
      return `${step.regions.join(' and ')} ← ${step.path}`;
    case 'repair-table':
      return `${at(step.extent)} ← the ${step.copy === 'primary' ? 'backup' : 'primary'} copy`;
    case 'reboot':
      return 'the phone';
  }
}

function reportLines(report: ReportEvent, style: Style): string[] {
  const width = Math.max(0, ...report.partitions.map((each) => each.name.length));
  const lines = [''];
  for (const each of report.partitions) {
    lines.push(
      `  ${each.name.padEnd(width)}  ${formatBytes(each.bytes).padStart(9)}  ${formatSpeed(each.bytes, each.seconds).padStart(11)}  ${proof(each.verifiedBy)}  ${style.dim(each.sha256.slice(0, 16))}`,
    );
  }
  const language = userLanguage();
  const { ending } = language;
  if (report.kept?.length) lines.push(`  ${say(ending.kept, { names: report.kept.join(', ') }, language)}`);
  if (report.backup) {
    const { files, folder } = report.backup;
    lines.push(`  ${say(ending.backup, { count: files.length, folder }, language)}`);
  }
  lines.push(`  ${report.phoneState}`);
  lines.push(endLine(report, style));
  return lines;
}

/** How it ended, in the last line. */
function endLine({ outcome, partitions, seconds }: ReportEvent, style: Style): string {
  const bytes = partitions.reduce((sum, each) => sum + each.bytes, 0);
  const language = userLanguage();
  const { ending } = language;
  const values = { count: partitions.length, size: formatBytes(bytes), time: formatSeconds(seconds) };
  return style.bold(outcome === 'done' ? style.green(`✓ ${say(ending.done, values, language)}`) : ending[outcome]);
}

function proof(verifiedBy: PartitionReport['verifiedBy']): string {
  return userLanguage().ending[verifiedBy];
}
