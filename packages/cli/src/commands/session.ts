import { asUnbrickError, type Outcome } from '@unbrick/core';
import { ExitCode } from '../exit-codes.js';
import { jsonRenderer } from '../render/json.js';
import { plainRenderer } from '../render/plain.js';
import type { Renderer } from '../render/renderer.js';
import { terminalRenderer } from '../render/terminal.js';
import { userLanguage } from '../render/user-language.js';

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
      renderer.say(userLanguage().prompts.stopped);
      process.exit(ExitCode.INTERRUPTED);
    }
    renderer.say(userLanguage().prompts.stopping);
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

/** Shows an error that ended a command before its job began, and tells how that command ended. */
export function showError(cause: unknown, renderer: Renderer): Outcome {
  const { code, stage, message, evidence, next } = asUnbrickError(cause);
  renderer.pause();
  renderer.show({ type: 'error', code, stage, message, evidence, next });
  if (code === 'NO_PHONE') return 'no-phone';
  if (stage === 'usage') return 'misused';
  return stage === 'firmware' || stage === 'preflight' ? 'blocked' : 'failed';
}
