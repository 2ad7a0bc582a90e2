import { styleText } from 'node:util';
import type { ConnectionEvent, ProgressEvent } from '@unbrick/core';
import { clip, fold } from './fit.js';
import { formatBytes, formatSeconds, formatSpeed } from './format.js';
import { eventLines, phaseTitle } from './lines.js';
import type { Renderer } from './renderer.js';
import { COLOURS } from './style.js';

/** The colours that users of SP Flash Tool know their phases by: red agent, purple format, yellow write, blue verify. */
const BAR_COLOURS: Partial<Record<ProgressEvent['phase'], Parameters<typeof styleText>[0]>> = {
  'agent-upload': 'red',
  dram: 'red',
  erase: 'magenta',
  write: 'yellow',
  verify: 'blue',
  backup: 'cyan',
};

const BAR_WIDTH = 24;
/** So that a bar, what is done, the speed and the time left fit 80 columns. */
const NARROW_BAR_WIDTH = 8;
const WIDE_COLUMNS = 100;
const TITLE_WIDTH = 16;
/** Faster redraws only flicker. */
const REDRAW_MS = 100;
/** The seconds of a wait. */
const WAIT_REDRAW_MS = 500;

/** For a person at a terminal: one moving bar for the phase at hand, finished phases stay as lines. */
export function terminalRenderer(stream: NodeJS.WriteStream): Renderer {
  let bar: { title: string; event: ProgressEvent; started: number; drawn: number } | undefined;
  /** The wait for a phone takes the bar's place. */
  let wait: { seen: string; advice: string; started: number; timer: NodeJS.Timeout } | undefined;

  const columns = () => (stream.columns ?? 80) - 1;
  const clear = () => stream.write('\r\x1b[2K');
  const draw = () => {
    if (wait) {
      const waited = formatSeconds((performance.now() - wait.started) / 1000);
      stream.write(`\r\x1b[2K${clip(`  ${styleText('cyan', waited)}  ${wait.seen}`, columns())}`);
      return;
    }
    if (!bar) return;
    bar.drawn = performance.now();
    const width = columns() < WIDE_COLUMNS ? NARROW_BAR_WIDTH : BAR_WIDTH;
    const text = barText(bar.title, bar.event, (bar.drawn - bar.started) / 1000, width);
    stream.write(`\r\x1b[2K${clip(text, columns())}`);
  };
  const settle = () => {
    endWait();
    if (!bar) return;
    draw();
    stream.write('\n');
    bar = undefined;
  };
  const endWait = () => {
    if (!wait) return;
    clearInterval(wait.timer);
    wait = undefined;
    clear();
  };
  /** What is seen is one moving line; what to do stays to be read, and is said once. */
  const showWait = ({ seen, advice }: ConnectionEvent) => {
    if (!wait) {
      bar = undefined;
      wait = { seen, advice: '', started: performance.now(), timer: setInterval(draw, WAIT_REDRAW_MS) };
      // A line that counts seconds is no reason to go on running.
      wait.timer.unref();
    }
    wait.seen = seen;
    const before = wait.advice;
    wait.advice = advice;
    if (advice === before) draw();
    else line(`  → ${advice}`);
  };
  const line = (text: string) => {
    if (bar || wait) clear();
    for (const part of text.split('\n').flatMap((each) => fold(each, columns()))) stream.write(`${part}\n`);
    draw();
  };

  return {
    show: (event) => {
      if (event.type === 'connection') return showWait(event);
      if (event.type !== 'progress') {
        if (event.type !== 'note') settle();
        for (const text of eventLines(event, COLOURS)) line(text);
        return;
      }
      const title = phaseTitle(event.phase, event.partition);
      // Told before the wait begins and when it is over.
      if (wait && event.phase === 'connect' && event.bytes < event.total) return;
      endWait();
      if (bar?.title !== title) {
        settle();
        bar = { title, event, started: performance.now(), drawn: 0 };
      }
      bar.event = event;
      const finished = event.bytes >= event.total;
      if (finished || performance.now() - bar.drawn >= REDRAW_MS) draw();
      if (finished) settle();
    },
    say: line,
    pause: settle,
  };
}

function barText(title: string, event: ProgressEvent, seconds: number, width: number): string {
  const share = event.total > 0 ? Math.min(1, event.bytes / event.total) : 1;
  const filled = Math.round(share * width);
  const colour = BAR_COLOURS[event.phase] ?? 'green';
  const bar = styleText(colour, '█'.repeat(filled)) + styleText('dim', '░'.repeat(width - filled));
  const counts = event.total > 1;
  const left = share > 0 && share < 1 ? `${formatSeconds((seconds / share) * (1 - share))} left` : '';
  return [
    `  ${title.padEnd(TITLE_WIDTH)}`,
    bar,
    `${String(Math.floor(share * 100)).padStart(3)} %`,
    counts ? `${formatBytes(event.bytes)} of ${formatBytes(event.total)}` : '',
    counts && event.phase !== 'erase' ? formatSpeed(event.bytes, seconds) : '',
    left,
  ]
    .filter(Boolean)
    .join('  ');
}
