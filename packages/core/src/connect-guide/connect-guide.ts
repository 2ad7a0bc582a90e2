import { usbIdentityText } from '../bootrom/usb-identities.js';
import type { Observation, ObservedDevice } from '../link/observation.js';
import { ADVICE, type ConnectionState, type PlainState, STATE_OF_KIND } from './advice.js';
import { Appearances, type Departure } from './appearances.js';
import { type DeviceKind, KIND_NAMES } from './device-kind.js';
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
/** A phone in download mode that has said nothing for so long will not, ms. */
const SILENT_MS = 3000;
/** A boot ROM that restarts by itself was there for longer than this, ms: shorter means that a key was let go. */
const BROM_IDLE_MS = 3500;
/** So many appearances within this time are a phone that restarts by itself, ms. */
const LOOP_COUNT = 3;
const LOOP_MS = 40_000;

/**
 * Turns what is seen while a phone is awaited into words: what it means and what to try next, at the second when it is to be
 * tried. Pure: observations and time come from outside. Knows what was seen before: a phone that could not be read is not
 * asked for its keys, and what was tried in vain is not proposed first again.
 */
export class ConnectGuide {
  readonly #now: () => number;
  readonly #seen: Appearances;
  /** A port to the phone is open: it is being called. */
  #opened = false;
  #heard: 'ready' | 'answer' | 'echo' | 'garbage' | undefined;
  #refusal: Extract<Observation, { kind: 'refused' }> | undefined;
  #failing: { count: number; at: number; detail: string } | undefined;
  #rung = 0;
  #rungSince: number;

  /** `now` gives milliseconds that only grow. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#seen = new Appearances();
    this.#rungSince = now();
  }

  observe(observation: Observation): void {
    const now = this.#now();
    switch (observation.kind) {
      case 'devices':
        if (this.#seen.update(observation.devices, now, this.#heard)) {
          this.#heard = undefined;
          this.#refusal = undefined;
          this.#opened = false;
        }
        break;
      case 'enumeration-failed':
        this.#failing = { count: (this.#failing?.count ?? 0) + 1, at: now, detail: observation.detail };
        // The keys are not what it takes: the cable is next when this ends in nothing.
        this.#climbTo('cable', now);
        break;
      case 'refused':
        this.#refusal = observation;
        break;
      case 'opened':
        this.#refusal = undefined;
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
    const download = this.#seen.present.find(({ kind }) => kind === 'brom' || kind === 'preloader');
    if (download) return this.#tellDownload(download, now);
    const other = this.#seen.present[0];
    if (other) {
      this.#startAgain(now);
      return told(STATE_OF_KIND[other.kind as Exclude<DeviceKind, 'brom' | 'preloader'>], text(other));
    }
    if (this.#failing && now - this.#failing.at < FAILING_MS) {
      const times = this.#failing.count > 1 ? ` (${this.#failing.count} times)` : '';
      return told('unreadable', `A device that cannot be read${times}: ${this.#failing.detail}`);
    }
    const last = this.#seen.last;
    if (last && now - last.at < FRESH_MS) {
      this.#startAgain(now);
      return told(
        this.#stateAfter(last, now),
        `${text(last)} was there for ${seconds(last.milliseconds)}${said(last)}`,
      );
    }
    return this.#tellLadder(now);
  }

  #tellDownload(device: { device: ObservedDevice; kind: DeviceKind; since: number }, now: number): Told {
    if (this.#refusal) {
      const { code, port, holders } = this.#refusal;
      const seen = `${text(device)} on ${port}`;
      if (code === 'PORT_PERMISSION') return told('port-forbidden', seen);
      if (code !== 'PORT_BUSY') return told('port-failed', seen);
      const who = holders.length > 0 ? holders.join(', ') : 'another program';
      return {
        state: 'port-held',
        seen: `${seen}, held by ${who}`,
        advice: `Close ${who}, then plug the phone in again.${/ModemManager/.test(who) ? ' sudo systemctl stop ModemManager' : ''}`,
      };
    }
    const long = this.#opened && now - device.since > SILENT_MS;
    switch (this.#heard) {
      case 'answer':
        return told('connected', `${text(device)}, which answers`);
      case 'echo':
        return told('echo', `${text(device)}, which sends back what it is sent`);
      case 'garbage':
        return told('garbage', `${text(device)}, which answers in another language`);
      case 'ready':
        return told(long ? 'ready-unanswered' : 'seen', `${text(device)}, which says READY`);
      default:
        return told(long ? 'silent' : 'seen', text(device));
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
    const advice = rung.says.findLast((each) => each.atSecond <= second)?.text ?? '';
    const { last } = this.#seen;
    const before = last ? `; last seen: ${text(last)} for ${seconds(last.milliseconds)}` : '';
    return { state: 'nothing', seen: `No phone on USB${before}`, advice };
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
}

function told(state: PlainState, seen: string): Told {
  return { state, seen, advice: ADVICE[state] };
}

function text({ device, kind }: { device: ObservedDevice; kind: DeviceKind }): string {
  const name = usbIdentityText(device);
  // Devices that are no boot stage have no name in the list of identities.
  return name.includes(' ') ? name : `${name} ${KIND_NAMES[kind]}`;
}

function said({ heard }: Departure): string {
  if (heard === 'ready') return ' and said READY';
  if (heard === 'garbage') return ' and answered in another language';
  return heard === 'echo' ? ' and sent back what it was sent' : '';
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
