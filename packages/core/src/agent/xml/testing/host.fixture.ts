import { Link } from '../../../link/link.js';
import { concat } from '../../../wire/index.js';
import type { Step } from '../../frames/testing/frame-bytes.fixture.js';
import { ScriptedPort } from '../../frames/testing/scripted-port.fixture.js';
import { eraseFlash, memoryFile, readFlash, writeFlash } from '../command-text.js';
import { XmlConversation } from '../conversation.js';
import type { Desk } from '../desk.js';
import { PrimedSource } from '../primed-source.js';
import { XmlChannel } from '../text-channel.js';
import { type TextDevice, textPort } from './text-device.fixture.js';

/** The host's half of tests of single commands. */

export const ASKED = { stage: 'write', what: 'to do what the test wants' } as const;
export const PATH = memoryFile(8);
export const DATA = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
export const WRITE = writeFlash('EMMC-USER', 0, PATH);
export const READ = readFlash('EMMC-USER', 0, 8, PATH);
export const NEXT = eraseFlash('EMMC-USER', 0, 512);

/** A host that talks to a recording; the transport cuts the agent's bytes in an unhandy way. */
export function replay(steps: Step[]): { talk: XmlConversation; port: ScriptedPort } {
  const port = new ScriptedPort(steps, 1000);
  return { talk: new XmlConversation(new XmlChannel(new Link(port))), port };
}

/** A host and a device program; the program must have run to its end. */
export async function withDevice(
  program: (device: TextDevice) => Promise<void>,
  test: (talk: XmlConversation) => Promise<void>,
): Promise<void> {
  const port = textPort(program);
  await test(new XmlConversation(new XmlChannel(new Link(port))));
  await port.finished;
}

export const write = (talk: XmlConversation, more: Partial<Desk> = {}) =>
  talk.do(WRITE, { ...ASKED, ...source(PATH, DATA), ...more });

export const read = (talk: XmlConversation, more: Partial<Desk> = {}) =>
  collect(talk.run(READ, { ...ASKED, target: { path: PATH, exactly: 8 }, ...more }));

/** After a failure: one more command goes through. The device's half is {@link answerNext}. */
export function expectUsable(talk: XmlConversation): Promise<void> {
  return talk.do(NEXT, ASKED);
}

export async function answerNext(device: TextDevice): Promise<void> {
  await device.command();
  device.say('OK');
  await device.end();
}

/** The part of a desk for data that the phone may fetch. */
export function source(path: string, bytes: Uint8Array): Partial<Desk> {
  return { source: { path, length: bytes.length, data: new PrimedSource(pieces(bytes, 100_000)) } };
}

export async function* pieces(data: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < data.length; start += length) yield data.subarray(start, start + length);
}

export async function collect(data: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of data) all.push(piece.slice());
  return concat(...all);
}

export function failureOf(work: Promise<unknown>): Promise<{ code: string; evidence: string[] }> {
  return work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as { code: string; evidence: string[] },
  );
}

/** A request of the phone. */
export function hostRequest(command: string, arg: string): string {
  return `<?xml version="1.0" encoding="utf-8"?><host><version>1.0</version><command>CMD:${command}</command><arg>${arg}</arg></host>`;
}
