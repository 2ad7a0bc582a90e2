import { eventLines, phaseTitle } from './lines.js';
import type { Renderer } from './renderer.js';
import { PLAIN } from './style.js';

/** For pipes and log files: one line when a phase starts and one at each quarter, no control characters. */
export function plainRenderer(out: (text: string) => void): Renderer {
  let current = '';
  let quarter = 0;
  return {
    show: (event) => {
      if (event.type !== 'progress') {
        for (const line of eventLines(event, PLAIN)) out(`${line}\n`);
        return;
      }
      const title = phaseTitle(event.phase, event.partition);
      if (title !== current) {
        current = title;
        quarter = 0;
        out(`${title} …\n`);
      }
      const now = event.total > 0 ? Math.floor((event.bytes / event.total) * 4) : 0;
      if (now > quarter) {
        quarter = now;
        out(`${title} ${now * 25} %\n`);
      }
    },
    say: (line) => out(`${line}\n`),
    pause: () => {},
  };
}
