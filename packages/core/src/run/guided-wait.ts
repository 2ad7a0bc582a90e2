import { ConnectGuide } from '../connect-guide/connect-guide.js';
import { ENGLISH_WORDING, type Wording } from '../explain/wording.js';
import type { Observation, Observe } from '../link/observation.js';
import type { EventSink } from './events.js';

/** Advice depends on time as well; so often it is asked for, ms. */
const TICK_MS = 500;

/** Who has seen nothing for so long is told what cannot be seen, ms. */
const HIDDEN_MS = 10_000;

/**
 * Guides a user through the wait for a phone: what `observe` is told becomes connection events, whenever what is seen or what
 * to try next has changed, in the user's language. Begins with the first look at the bus: ports that are no USB devices need no guide.
 */
export function guideWait(emit: EventSink, wording: Wording = ENGLISH_WORDING): { observe: Observe; end(): void } {
  let guide: ConnectGuide | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  let told = '';
  let started = 0;
  let hidden: 'unknown' | 'hidden' | 'told' = 'unknown';
  const tell = () => {
    if (!guide) return;
    const guidance = guide.guidance();
    if (hidden === 'hidden' && guidance.state === 'nothing' && performance.now() - started >= HIDDEN_MS) {
      hidden = 'told';
      emit({ type: 'note', phase: 'connect', message: wording.guide['failures-hidden'] });
    }
    const key = `${guidance.state} ${guidance.seen} ${guidance.advice}`;
    if (key === told) return;
    told = key;
    emit({ type: 'connection', ...guidance });
  };
  return {
    observe: (observation: Observation) => {
      if (observation.kind === 'devices' && !guide) {
        started = performance.now();
        guide = new ConnectGuide(() => performance.now(), wording);
        timer = setInterval(tell, TICK_MS);
      }
      if (observation.kind === 'failures-hidden' && hidden === 'unknown') hidden = 'hidden';
      guide?.observe(observation);
      tell();
    },
    end: () => clearInterval(timer),
  };
}
