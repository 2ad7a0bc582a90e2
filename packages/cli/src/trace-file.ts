import { closeSync, openSync, writeSync } from 'node:fs';
import { type TraceSink, UnbrickError } from '@unbrick/core';

/** Bytes shown of one transfer. */
const SHOWN = 64;
/** Characters collected before they are written. */
const COLLECTED = 16 * 1024;
/** Milliseconds after which even a short text is written, so that a run that hangs can be looked into. */
const FLUSH_MS = 200;

export interface TraceFile {
  sink: TraceSink;
  close(): Promise<void>;
}

/**
 * Writes every transfer of a link to a file, one a line: seconds since the file was opened, direction (`H>D` from the host
 * to the phone, `D>H` back), bytes. Long transfers are cut after 64 bytes and end with their length.
 *
 *        0.0123 H>D a0
 *        0.0127 D>H 5f
 *
 * A trace holds the phone's identifiers.
 *
 * @param onNote told when the file cannot be written any more; the link goes on
 * @throws UnbrickError `TRACE_FAILED` (stage `usage`) when the file cannot be made
 */
export async function openTraceFile(path: string, onNote: (message: string) => void): Promise<TraceFile> {
  const file = create(path);
  const opened = performance.now();
  let lines = '';
  let timer: NodeJS.Timeout | undefined;
  let open = true;
  let closed = false;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    try {
      if (lines !== '' && open) writeSync(file, lines);
    } catch (cause) {
      // A full disk is no reason to leave a phone half-written.
      open = false;
      onNote(`The trace ends here: ${(cause as Error).message}`);
    }
    lines = '';
  };
  process.on('exit', flush);
  return {
    sink: (direction, bytes) => {
      if (!open) return;
      lines += `${traceLine((performance.now() - opened) / 1000, direction, bytes)}\n`;
      if (lines.length > COLLECTED) flush();
      else timer ??= setTimeout(flush, FLUSH_MS).unref();
    },
    close: async () => {
      process.off('exit', flush);
      flush();
      if (closed) return;
      closed = true;
      open = false;
      closeSync(file);
    },
  };
}

/** One line of a trace. */
export function traceLine(seconds: number, direction: Parameters<TraceSink>[0], bytes: Uint8Array): string {
  const arrow = direction === 'to-phone' ? 'H>D' : 'D>H';
  const shown = bytes.length > SHOWN ? bytes.subarray(0, SHOWN) : bytes;
  const digits = Buffer.from(shown.buffer, shown.byteOffset, shown.byteLength)
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
  const rest = bytes.length > SHOWN ? ` ... ${bytes.length} bytes` : '';
  return `${seconds.toFixed(4).padStart(9)} ${arrow} ${digits}${rest}`;
}

function create(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (cause) {
    throw new UnbrickError({
      code: 'TRACE_FAILED',
      stage: 'usage',
      message: `The trace file ${path} cannot be written.`,
      evidence: [cause instanceof Error ? cause.message : String(cause)],
      next: ['Name a file in a folder that exists and that you may write to: --trace FILE'],
      cause,
    });
  }
}
