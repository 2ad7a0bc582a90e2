import type { PortIdentity } from './port.js';

/** A device on the bus, as far as the system tells. */
export interface ObservedDevice extends PortIdentity {
  /** Where it is plugged in: bus, then the ports of the hubs on the way, `1-4.2`. The same phone keeps it in every mode. */
  busPath: string;
  /** The serial device the system has made of it: `/dev/ttyACM0`, `COM5`. */
  serialPath?: string;
  /** Class, subclass and protocol of its interfaces, six hexadecimal digits each, where the system tells: `ff4201`. */
  interfaces?: readonly string[];
}

/** What a port source or a handshake sees while a phone is awaited. */
export type Observation =
  /** Everything on the bus; told when it has changed. */
  | { kind: 'devices'; devices: readonly ObservedDevice[] }
  /** The system could not even read who a device is. */
  | { kind: 'enumeration-failed'; busPath: string; detail: string }
  /** Such devices are not shown to this user. */
  | { kind: 'failures-hidden' }
  /** A phone is there and its port could not be opened; `holders` names the programs that have it. */
  | { kind: 'refused'; port: string; code: string; holders: readonly string[] }
  | { kind: 'opened'; port: string }
  /** What came back when the phone was called. */
  | { kind: 'heard'; what: 'ready' | 'answer' | 'echo' | 'garbage' };

export type Observe = (observation: Observation) => void;
