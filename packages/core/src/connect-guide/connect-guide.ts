import { ENGLISH_WORDING, say, type Wording } from '../explain/wording.js';
import type { Observation, ObservedDevice } from '../link/observation.js';
import { Appearances, type Departure, type Presence } from './appearances.js';
import { type ConnectionState, type PlainState, STATE_OF_KIND } from './connection-state.js';
import { type DeviceKind, deviceText } from './device-kind.js';
import { LADDER } from './ladder.js';

/** What to tell a user who waits for a phone to be found. */
export interface Guidance {
  state: ConnectionState;
  /** What is seen now, and what was seen last. */
  seen: string;
  /** The next thing to do. */
  advice: string;
  devices: GuidedDevice[];
  /** Appearances of a phone in download mode so far. */
  appearances: number;
}

export interface GuidedDevice extends ObservedDevice {
  kind: DeviceKind;
}

type Told = Pick<Guidance, 'state' | 'seen' | 'advice'>;

/** The system says so again and again while a device fails; after this long it is over, ms. */
const FAILING_MS = 8000;
/** What has just left is what the user is dealing with for this long, ms. */
const FRESH_MS = 15_000;
/** So long a port that could not be had is what stands in the way, ms. */
const OBSTACLE_MS = 60_000;
/** A phone in download mode that has said nothing for so long will not, ms. */
const SILENT_MS = 3000;
/** A boot ROM that restarts by itself was there for longer than this, ms: shorter means that a key was let go. */
const BROM_IDLE_MS = 3500;
/** So many appearances within this time are a phone that restarts by itself, ms. */
const LOOP_COUNT = 3;
const LOOP_MS = 40_000;

/** A port that could not be had, and what to do about it. */
interface Obstacle {
  at: number;
  told: Told;
}

/**
 * Turns what is seen while a phone is awaited into words: what it means and what to try next, at the second when it is to be
 * tried. Pure: observations, time and the user's language come from outside. Knows what was seen before: a phone that could
 * not be read is not asked for its keys, and what was tried in vain is not proposed first again.
 */
export class ConnectGuide {
  readonly #now: () => number;
  readonly #wording: Wording;
  readonly #seen: Appearances;
  /** A port to the phone is open: it is being called. */
  #opened = false;
  #heard: 'ready' | 'answer' | 'echo' | 'garbage' | undefined;
  /** Stays when the phone leaves: it will be in the way of the next appearance, too. */
  #obstacle: Obstacle | undefined;
  #failing: { count: number; at: number; detail: string } | undefined;
  #rung = 0;
  #rungSince: number;

  /** `now` gives milliseconds that only grow. */
  constructor(now: () => number = () => performance.now(), wording: Wording = ENGLISH_WORDING) {
    this.#now = now;
    this.#wording = wording;
    this.#seen = new Appearances();
    this.#rungSince = now();
  }

  observe(observation: Observation): void {
    const now = this.#now();
    switch (observation.kind) {
      case 'devices':
        if (this.#seen.update(observation.devices, now, this.#heard)) {
          this.#heard = undefined;
          this.#opened = false;
        }
        // One that can be read: it has come through after all.
        if (this.#seen.present.length > 0) this.#failing = undefined;
        break;
      case 'enumeration-failed':
        this.#failing = { count: (this.#failing?.count ?? 0) + 1, at: now, detail: observation.detail };
        // The keys are not what it takes: the cable is next when this ends in nothing.
        this.#climbTo('cable', now);
        break;
      case 'refused':
        this.#obstacle = { at: now, told: this.#tellRefusal(observation) };
        break;
      case 'opened':
        this.#obstacle = undefined;
        this.#heard = undefined;
        this.#opened = true;
        break;
      case 'heard':
        this.#heard = observation.what;
    }
  }

  /** To be asked after each observation, and a few times a second. */
  guidance(): Guidance {
    const now = this.#now();
    const devices = this.#seen.present.map(({ device, kind }) => ({ ...device, kind }));
    return { ...this.#tell(now), devices, appearances: this.#seen.count };
  }

  #tell(now: number): Told {
    const download = this.#download();
    const obstacle = this.#obstacle;
    if (download) return obstacle && obstacle.at >= download.since ? obstacle.told : this.#tellDownload(download, now);
    const other = this.#seen.present[0];
    if (other) {
      this.#startAgain(now);
      return this.#told(STATE_OF_KIND[other.kind as Exclude<DeviceKind, 'brom' | 'preloader'>], this.#text(other));
    }
    if (this.#failing && now - this.#failing.at < FAILING_MS) {
      const { count, detail } = this.#failing;
      return this.#told('unreadable', this.#say(count > 1 ? 'unreadable-again' : 'unreadable', { count, detail }));
    }
    const last = this.#seen.last;
    if (obstacle && now - Math.max(obstacle.at, last?.at ?? 0) < OBSTACLE_MS) {
      this.#startAgain(now);
      return { ...obstacle.told, seen: this.#say('nothing-but-before', { what: obstacle.told.seen }) };
    }
    if (last && now - last.at < FRESH_MS) {
      this.#startAgain(now);
      return this.#told(this.#stateAfter(last, now), this.#say(goneWith(last), this.#lastOf(last)));
    }
    return this.#tellLadder(now);
  }

  #download(): Presence | undefined {
    return this.#seen.present.find(({ kind }) => kind === 'brom' || kind === 'preloader');
  }

  #tellRefusal({ code, port, holders }: Extract<Observation, { kind: 'refused' }>): Told {
    const phone = this.#download() ?? this.#seen.last;
    const who = holders.join(', ');
    // A port that the user has named may belong to something that is not known as a phone.
    const place = (message: 'on-port' | 'held' | 'held-by-unknown') =>
      phone ? this.#say(message, { device: this.#text(phone), port, who }) : port;
    if (code === 'PORT_PERMISSION') return this.#told('port-forbidden', place('on-port'));
    if (code !== 'PORT_BUSY') return this.#told('port-failed', place('on-port'));
    const { advice } = this.#wording.guide;
    const close = /ModemManager/.test(who) ? 'port-held-modemmanager' : who ? 'port-held' : 'port-held-unknown';
    return {
      state: 'port-held',
      seen: place(who ? 'held' : 'held-by-unknown'),
      advice: say(advice[close], { who }, this.#wording),
    };
  }

  #tellDownload(phone: Presence, now: number): Told {
    const long = this.#opened && now - phone.since > SILENT_MS;
    const device = this.#text(phone);
    switch (this.#heard) {
      case 'answer':
        return this.#told('connected', this.#say('answer', { device }));
      case 'echo':
      case 'garbage':
        return this.#told(this.#heard, this.#say(this.#heard, { device }));
      case 'ready':
        return this.#told(long ? 'ready-unanswered' : 'seen', this.#say('ready', { device }));
      default:
        return this.#told(long ? 'silent' : 'seen', device);
    }
  }

  #stateAfter(last: Departure, now: number): PlainState {
    if (last.kind !== 'brom' && last.kind !== 'preloader') return 'went-off';
    const looping = this.#seen.departuresSince(now - LOOP_MS, last.kind) >= LOOP_COUNT;
    if (last.kind === 'preloader') return looping ? 'boot-loop' : 'missed';
    return last.milliseconds < BROM_IDLE_MS ? 'keys-released' : 'brom-restarts';
  }

  #tellLadder(now: number): Told {
    let rung = LADDER[this.#rung] as (typeof LADDER)[number];
    if (now - this.#rungSince >= rung.seconds * 1000) {
      this.#rung = (this.#rung + 1) % LADDER.length;
      this.#rungSince = now;
      rung = LADDER[this.#rung] as (typeof LADDER)[number];
    }
    const second = (now - this.#rungSince) / 1000;
    const message = rung.says.findLast((each) => each.atSecond <= second)?.message ?? 'no-key';
    const { last } = this.#seen;
    const seen = last
      ? this.#say('nothing-but-before', { what: this.#say('for-seconds', this.#lastOf(last)) })
      : this.#say('nothing');
    return { state: 'nothing', seen, advice: this.#wording.guide.ladder[message] };
  }

  /** Something was seen: cable and battery do their work, so the gentle ways come first again. */
  #startAgain(now: number): void {
    this.#rung = 0;
    this.#rungSince = now;
  }

  #climbTo(name: (typeof LADDER)[number]['name'], now: number): void {
    this.#rung = LADDER.findIndex((rung) => rung.name === name);
    this.#rungSince = now;
  }

  #told(state: PlainState, seen: string): Told {
    return { state, seen, advice: this.#wording.guide.advice[state] };
  }

  #say(message: keyof Wording['guide']['seen'], values: Record<string, string | number> = {}): string {
    return say(this.#wording.guide.seen[message], values, this.#wording);
  }

  #text({ device, kind }: { device: ObservedDevice; kind: DeviceKind }): string {
    return deviceText(device, kind, this.#wording);
  }

  #lastOf(last: Departure) {
    const seconds = (last.milliseconds / 1000).toLocaleString(this.#wording.tag, ONE_DECIMAL);
    return { device: this.#text(last), seconds };
  }
}

const ONE_DECIMAL = { minimumFractionDigits: 1, maximumFractionDigits: 1 };

function goneWith({ heard }: Departure): keyof Wording['guide']['seen'] {
  return heard === 'ready' || heard === 'garbage' || heard === 'echo' ? `gone-${heard}` : 'gone';
}
