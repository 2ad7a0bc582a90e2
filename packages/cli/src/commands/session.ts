import { UnbrickError } from '@unbrick/core';
import { ExitCode } from '../exit-codes.js';
import { jsonRenderer } from '../render/json.js';
import { plainRenderer } from '../render/plain.js';
import type { Renderer } from '../render/renderer.js';
import { terminalRenderer } from '../render/terminal.js';

/** The face that suits where the output goes. */
export function chooseRenderer(json: boolean): Renderer {
  if (json)
    return jsonRenderer(
      (text) => process.stdout.write(text),
      (text) => process.stderr.write(text),
    );
  return process.stdout.isTTY ? terminalRenderer(process.stdout) : plainRenderer((text) => process.stdout.write(text));
}

/**
 * The first Ctrl-C asks the job to stop at the next safe point; the second one ends the program at once.
 * `release` gives Ctrl-C back.
 */
export function stopOnInterrupt(renderer: Renderer): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) {
      renderer.say('Stopped at once. The phone may be half-written: do not start it before the job has been repeated.');
      process.exit(ExitCode.INTERRUPTED);
    }
    renderer.say(
      'Stopping at the next safe point … (Ctrl-C again ends at once and may leave a partition half-written)',
    );
    controller.abort(new DOMException('interrupted by the user', 'AbortError'));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}

/** Shows an error that ended a command before its job began, and tells the exit code that belongs to it. */
export function showError(cause: unknown, renderer: Renderer): number {
  const error =
    cause instanceof UnbrickError
      ? cause
      : new UnbrickError({
          code: 'INTERNAL',
          stage: 'internal',
          message: 'The program has made a mistake of its own.',
          evidence: [cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)],
          next: ['Please report this to the project.'],
          cause,
        });
  const { code, stage, message, evidence, next } = error;
  renderer.pause();
  renderer.show({ type: 'error', code, stage, message, evidence, next });
  if (code === 'NO_PHONE') return ExitCode.NO_PHONE;
  if (stage === 'usage') return ExitCode.USAGE;
  return stage === 'firmware' || stage === 'preflight' ? ExitCode.BLOCKED : ExitCode.FAILED;
}
