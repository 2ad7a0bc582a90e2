/** One thing to try, and what to say at which second of trying it. */
export interface Rung {
  name: 'no-key' | 'volume-keys' | 'battery' | 'cable' | 'charge';
  /** Seconds this is tried before the next one is proposed. */
  seconds: number;
  /** In order of time; the last one stays. */
  says: readonly { atSecond: number; text: string }[];
}

/** What to try while nothing is seen, safest first: the order of every repair guide, with the moments that matter. */
export const LADDER: readonly Rung[] = [
  {
    name: 'no-key',
    seconds: 30,
    says: [
      { atSecond: 0, text: 'Switch the phone off, then plug the cable in. Press no key.' },
      { atSecond: 15, text: 'If it does not go off: hold Power for 15 seconds, then plug in. Press no key.' },
    ],
  },
  {
    name: 'volume-keys',
    seconds: 45,
    says: [
      { atSecond: 0, text: 'Unplug. Hold Volume Up, plug in, and keep holding until the job goes on.' },
      { atSecond: 15, text: 'Unplug. Hold Volume Down, plug in, and keep holding until the job goes on.' },
      { atSecond: 30, text: 'Unplug. Hold both volume keys, plug in, and keep holding until the job goes on.' },
    ],
  },
  {
    name: 'battery',
    seconds: 45,
    says: [
      { atSecond: 0, text: 'Unplug. Take the battery out; if it cannot be taken out, hold Power for 20 seconds.' },
      { atSecond: 22, text: 'Put the battery back and plug in now. Press no key.' },
    ],
  },
  {
    name: 'cable',
    seconds: 45,
    says: [
      {
        atSecond: 0,
        text: 'Take another cable, one that carries data, and another USB port of the computer, without a hub.',
      },
      { atSecond: 20, text: 'Plug in now, first without a key, then with a volume key held.' },
    ],
  },
  {
    name: 'charge',
    seconds: 60,
    says: [
      {
        atSecond: 0,
        text: 'Charge the phone from a wall charger for half an hour; an empty battery shows nothing at all.',
      },
      { atSecond: 30, text: 'Then start from the beginning: no key, volume keys, battery, cable.' },
    ],
  },
];
