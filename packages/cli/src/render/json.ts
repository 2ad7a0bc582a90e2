import type { Renderer } from './renderer.js';

/** One JSON object a line on `out`; everything that is no event goes to `log`. */
export function jsonRenderer(out: (text: string) => void, log: (text: string) => void): Renderer {
  return {
    show: (event) => out(`${JSON.stringify(event)}\n`),
    say: (line) => log(`${line}\n`),
    pause: () => {},
  };
}
