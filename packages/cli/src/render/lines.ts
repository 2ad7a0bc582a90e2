import type { ErrorEvent, FindingEvent, JobEvent, Plan, PlanStep, ReportEvent } from '@unbrick/core';
import { type Explanation, explainOwnCode, ownEntry } from '@unbrick/core/explain';
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
  return [
    ...evidence.map((line) => style.dim(`    seen: ${line}`)),
    ...next.map((line, i) => `    ${i === 0 ? 'next:' : '  or:'} ${line}`),
  ];
}

type Told = Pick<FindingEvent, 'message' | 'evidence' | 'next'>;

/** What happened in the user's language where the catalogue has it; the words of the moment then stand with what was seen. */
function inUserLanguage(event: FindingEvent | ErrorEvent, language = userLanguage()): Told {
  if (!language.entries[event.code]) return { ...event, evidence: [...event.evidence], next: [...event.next] };
  const { meaning, next } = explainOwnCode(event.code, language) as Explanation;
  return { message: meaning, evidence: [event.message, ...event.evidence], next };
}

/** What usually causes it, from the catalogue: the error itself knows only its moment. */
function causeLines(code: string, style: Style): string[] {
  const causes = explainOwnCode(code, userLanguage())?.causes ?? [];
  const usually = causes.length > 0 ? [style.dim(`    usually: ${causes.join('; ')}`)] : [];
  return ownEntry(code) ? [...usually, style.dim(`    more: unbrick explain ${code}`)] : usually;
}

/** The plan as users of flash tools know it: a list with ticks. */
export function planLines(plan: Plan, style: Style): string[] {
  const rows = plan.steps.map((step, i) => [
    `${i + 1}`,
    stepVerb(step),
    step.partition,
    step.bytes > 0 ? formatBytes(step.bytes) : '',
    stepPlace(step),
    step.risk === 'high' ? 'needed to start' : '',
  ]);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  const backups = plan.steps.filter((step) => step.kind === 'backup').length;
  const writes = plan.steps.filter((step) => step.kind === 'write' || step.kind === 'write-preloader');
  const bytes = writes.reduce((sum, step) => sum + step.bytes, 0);
  return [
    '',
    style.bold(`Plan: flash ${plan.firmware} to the phone (${plan.phone})`),
    ...rows.map((row) =>
      `  ☑ ${row
        .slice(0, 5)
        .map((cell, i) => (i === 3 || i === 0 ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number)))
        .join('  ')}  ${style.yellow(row[5] as string)}`.trimEnd(),
    ),
    `  ${writes.length} partition${writes.length === 1 ? '' : 's'} written (${formatBytes(bytes)}), each read back and compared; ${backups > 0 ? `${backups} backed up before` : 'no backup'}.`,
    '',
  ];
}

function stepVerb(step: PlanStep): string {
  return { backup: 'back up', erase: 'erase', write: 'flash', 'write-preloader': 'flash', reboot: 'restart' }[
    step.kind
  ];
}

function stepPlace(step: PlanStep): string {
  switch (step.kind) {
    case 'backup':
      return `→ ${step.fileName}`;
    case 'erase':
      return `${step.extent.region} at 0x${step.extent.start.toString(16)}`;
    case 'write':
      return `${step.extent.region} at 0x${step.extent.start.toString(16)} ← ${step.path}${step.format === 'sparse' ? ' (sparse)' : ''}`;
    case 'write-preloader':
      return `${step.regions.join(' and ')} ← ${step.path}`;
    case 'reboot':
      return 'the phone';
  }
}

function reportLines(report: ReportEvent, style: Style): string[] {
  const bytes = report.partitions.reduce((sum, each) => sum + each.bytes, 0);
  const width = Math.max(0, ...report.partitions.map((each) => each.name.length));
  const lines = [''];
  for (const each of report.partitions) {
    lines.push(
      `  ${each.name.padEnd(width)}  ${formatBytes(each.bytes).padStart(9)}  ${formatSpeed(each.bytes, each.seconds).padStart(11)}  ${proof(each.verifiedBy)}  ${style.dim(each.sha256.slice(0, 16))}`,
    );
  }
  if (report.backup) {
    lines.push(`  Backup of ${report.backup.files.length} partitions: ${report.backup.folder}`);
  }
  lines.push(`  ${report.phoneState}`);
  lines.push(
    report.ok
      ? style.green(
          style.bold(
            `✓ Done and verified: ${report.partitions.length} partitions, ${formatBytes(bytes)} in ${formatSeconds(report.seconds)}.`,
          ),
        )
      : style.bold('Not done.'),
  );
  return lines;
}

function proof(verifiedBy: string): string {
  return (
    {
      'readback-sha256': 'read back, SHA-256 equal',
      'agent-storage': 'compared by the agent',
      'agent-link': 'link checksum only',
    }[verifiedBy] ?? 'NOT verified'
  );
}
