import type { Wording } from '../explain/wording.js';

/** One thing to try, and what to say at which second of trying it. */
export interface Rung {
  name: 'no-key' | 'volume-keys' | 'battery' | 'cable' | 'charge';
  /** Seconds this is tried before the next one is proposed. */
  seconds: number;
  /** In order of time; the last one stays. */
  says: readonly { atSecond: number; message: keyof Wording['guide']['ladder'] }[];
}

/** What to try while nothing is seen, safest first: the order of every repair guide, with the moments that matter. */
export const LADDER: readonly Rung[] = [
  {
    name: 'no-key',
    seconds: 30,
    says: [
      { atSecond: 0, message: 'no-key' },
      { atSecond: 15, message: 'no-key-power' },
    ],
  },
  {
    name: 'volume-keys',
    seconds: 45,
    says: [
      { atSecond: 0, message: 'volume-up' },
      { atSecond: 15, message: 'volume-down' },
      { atSecond: 30, message: 'volume-both' },
    ],
  },
  {
    name: 'battery',
    seconds: 45,
    says: [
      { atSecond: 0, message: 'battery-out' },
      { atSecond: 22, message: 'battery-in' },
    ],
  },
  {
    name: 'cable',
    seconds: 45,
    says: [
      { atSecond: 0, message: 'cable' },
      { atSecond: 20, message: 'cable-plug' },
    ],
  },
  {
    name: 'charge',
    seconds: 60,
    says: [
      { atSecond: 0, message: 'charge' },
      { atSecond: 30, message: 'charge-again' },
    ],
  },
];
