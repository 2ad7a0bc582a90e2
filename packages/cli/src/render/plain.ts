import { eventLines, phaseTitle } from './lines.js';
import type { Renderer } from './renderer.js';
import { PLAIN } from './style.js';

/** A phase that takes longer tells how far it is, so that nobody thinks it hangs; ms between two lines. */
const QUIET_MS = 2000;

/**
 * For pipes and log files, without control characters: one line when a phase starts, one when it ends, and now and then one
 * between them.
 * @param now milliseconds that only grow
 */
export function plainRenderer(out: (text: string) => void, now: () => number = () => performance.now()): Renderer {
  let current = '';
  let told = 0;
  let toldAt = 0;
  return {
    show: (event) => {
      if (event.type !== 'progress') {
        for (const line of eventLines(event, PLAIN)) out(`${line}\n`);
        return;
      }
      const title = phaseTitle(event.phase, event.partition);
      const share = event.total > 0 ? Math.floor((event.bytes / event.total) * 100) : 0;
      if (title !== current) {
        out(`${title} …\n`);
        [current, told, toldAt] = [title, 0, now()];
      }
      if (share > told && (share === 100 || now() - toldAt >= QUIET_MS)) {
        out(`${title} ${share} %\n`);
        [told, toldAt] = [share, now()];
      }
    },
    say: (line) => out(`${line}\n`),
    pause: () => {},
  };
}
