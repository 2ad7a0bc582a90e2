import { checkIntegrity, compareFirmware, UnbrickError } from '@unbrick/core';
import { ExitCode, exitCodeOf } from '../exit-codes.js';
import { type InspectedPath, inspectPath } from '../files/inspect-path.js';
import { comparisonLines } from '../render/comparison-lines.js';
import { inspectionLines } from '../render/inspection-lines.js';
import type { Renderer } from '../render/renderer.js';
import { chooseRenderer, showError } from './session.js';

export interface InspectOptions {
  compare?: string;
  scatter?: string;
  /** Every partition, not only those with an image. */
  all?: boolean;
  /** Read everything that has a checksum. */
  verify?: boolean;
  json?: boolean;
}

/**
 * `unbrick inspect PATH`: what is this, for which phone? `--compare`: how do two firmwares differ? Touches no phone.
 * Exit code 0; 3 when something in it is wrong enough to stop a job, 2 when it is not there.
 */
export async function inspectCommand(path: string, options: InspectOptions): Promise<number> {
  const renderer = chooseRenderer(options.json ?? false);
  const show = (value: object, lines: () => string[]) => {
    if (options.json) process.stdout.write(`${JSON.stringify(value)}\n`);
    else for (const line of lines()) renderer.say(line);
  };
  try {
    const first = await inspectPath(path, options.scatter);
    if (options.verify) await verify(first, renderer, options.json ?? false);
    if (options.compare === undefined) {
      show(first.inspection, () => inspectionLines(first.inspection, options.all ?? false));
      return hasError(first) ? ExitCode.BLOCKED : ExitCode.DONE;
    }
    const second = await inspectPath(options.compare);
    const comparison = await compareFirmware(sideOf(first, path), sideOf(second, options.compare), (partition) => {
      if (!options.json && process.stderr.isTTY) process.stderr.write(`\r\x1b[2K  comparing ${partition} …`);
    });
    if (!options.json && process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
    show(comparison, () => comparisonLines(comparison));
    return ExitCode.DONE;
  } catch (cause) {
    return exitCodeOf(showError(cause, renderer));
  }
}

function sideOf({ inspection, firmware }: InspectedPath, path: string) {
  if (firmware && inspection.type === 'firmware') return { firmware, inspection };
  throw new UnbrickError({
    code: 'NOT_A_FIRMWARE',
    stage: 'usage',
    message: `'${path}' is no firmware, so it cannot be compared with one.`,
    evidence: [`it is a ${inspection.type.replace('-', ' ')}`],
    next: ['Name two firmwares: folders, zip archives or scatter files.'],
  });
}

const hasError = ({ inspection }: InspectedPath) => inspection.notes.some((note) => note.severity === 'error');

/** Adds what the package's checksums say to the notes. */
async function verify({ inspection, firmware }: InspectedPath, renderer: Renderer, json: boolean): Promise<void> {
  if (!firmware) return;
  const findings = await checkIntegrity(firmware, [...firmware.files.values()], {
    onProgress: (path, bytes, total) => {
      if (!json) renderer.show({ type: 'progress', phase: 'preflight', partition: path, bytes, total });
    },
  });
  renderer.pause();
  for (const { severity, code, message, evidence } of findings) {
    if (severity === 'ok' && !json) renderer.say(`✓ ${message}`);
    if (severity === 'ok') continue;
    const told = [message, ...evidence].join(' ');
    inspection.notes.push({ severity: severity === 'blocker' ? 'error' : 'warning', code, message: told });
  }
}
