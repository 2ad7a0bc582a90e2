import { ConnectGuide } from '../connect-guide/connect-guide.js';
import type { Wording } from '../explain/wording.js';
import type { Observation, Observe } from '../link/observation.js';
import type { EventSink } from './events.js';

/** Advice depends on time as well; so often it is asked for, ms. */
const TICK_MS = 500;

/**
 * Guides a user through the wait for a phone: what `observe` is told becomes connection events, whenever what is seen or what
 * to try next has changed, in the user's language. Begins with the first look at the bus: ports that are no USB devices need no guide.
 */
export function guideWait(emit: EventSink, wording?: Wording): { observe: Observe; end(): void } {
  let guide: ConnectGuide | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  let told = '';
  const tell = () => {
    if (!guide) return;
    const guidance = guide.guidance();
    const key = `${guidance.state} ${guidance.seen} ${guidance.advice}`;
    if (key === told) return;
    told = key;
    emit({ type: 'connection', ...guidance });
  };
  return {
    observe: (observation: Observation) => {
      if (observation.kind === 'devices' && !guide) {
        guide = new ConnectGuide(() => performance.now(), wording);
        timer = setInterval(tell, TICK_MS);
      }
      guide?.observe(observation);
      tell();
    },
    end: () => clearInterval(timer),
  };
}
