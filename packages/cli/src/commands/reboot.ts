import { type BootMode, bootInto } from '@unbrick/core';
import { ExitCode } from '../exit-codes.js';
import { openPortSource } from '../ports/open-source.js';
import { openTraceFile } from '../trace-file.js';
import { chooseRenderer, showError, stopOnInterrupt } from './session.js';

export interface RebootOptions {
  to: BootMode;
  port: string;
  wait: number;
  trace?: string;
}

/** `unbrick reboot --to MODE`: asks the preloader to boot into another mode. */
export async function rebootCommand(options: RebootOptions): Promise<number> {
  const renderer = chooseRenderer(false);
  const interrupt = stopOnInterrupt(renderer);
  try {
    const onNote = (message: string) => renderer.show({ type: 'note', phase: 'connect', message });
    const source = await openPortSource(options.port, { onNote });
    const trace = options.trace === undefined ? undefined : await openTraceFile(options.trace);
    try {
      await bootInto(source, options.to, {
        timeoutMs: options.wait,
        signal: interrupt.signal,
        onNote,
        ...(trace ? { trace: trace.sink } : {}),
      });
    } finally {
      await trace?.close();
    }
    renderer.say(`The phone is booting: ${options.to}.`);
    return ExitCode.DONE;
  } catch (cause) {
    return interrupt.signal.aborted ? ExitCode.INTERRUPTED : showError(cause, renderer);
  } finally {
    interrupt.release();
  }
}
