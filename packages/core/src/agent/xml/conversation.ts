import { UnbrickError } from '../../errors/unbrick-error.js';
import { XmlAck, XmlError } from '../../wire/index.js';
import type { CommandText } from './command-text.js';
import type { Desk } from './desk.js';
import { type DeviceRequest, parseDeviceRequest } from './device-request.js';
import { answerFileQuestion } from './file-questions.js';
import { followProgress } from './progress-report.js';
import { receiveFile } from './receive-file.js';
import { type CommandEnd, refused } from './refusals.js';
import { sendFile } from './send-file.js';
import { quoted, type XmlChannel } from './text-channel.js';
import { XML_TIMEOUT } from './timeouts.js';
import type { Outcome } from './transfer-outcome.js';

/** Requests in one command; the busiest known command has some ten. */
const MOST_REQUESTS = 1_000;
/** Acknowledgements that nothing asked for, in front of a request: what an agent says to a transfer that was ended. */
const MOST_STRAYS = 8;

/**
 * The turn-taking of the XML protocol: the phone offers to take a command (CMD:START), gets one, asks the host for whatever
 * it needs, and says how it ended (CMD:END). One command at a time. See docs/protocol/xml-agent.md, "Session".
 */
export class XmlConversation {
  readonly channel: XmlChannel;
  #startMs: number = XML_TIMEOUT.stage;

  constructor(channel: XmlChannel) {
    this.channel = channel;
  }

  /** The next CMD:START comes from a stage that has to set itself up first. */
  expectNewStage(): void {
    this.#startMs = XML_TIMEOUT.stage;
  }

  /**
   * Runs one command and yields the data of the file that the phone sends for it. Leaving the iteration early ends the
   * command cleanly.
   * @throws UnbrickError as {@link refused} tells, `AGENT_REPLY_INVALID`; the desk's stop reason; what its source throws; for
   * a broken conversation the channel's errors
   */
  async *run(command: CommandText, desk: Desk): AsyncGenerator<Uint8Array, void, undefined> {
    let open = false;
    try {
      await this.#begin(command, desk);
      open = true;
      const outcomes: Outcome[] = [];
      for (let requests = 0; ; requests++) {
        const request = await this.#request(desk, requests);
        if (request.kind === 'end') {
          open = false;
          return concluded(request, desk, outcomes);
        }
        if (request.kind === 'upload') outcomes.push(yield* receiveFile(this.channel, request, desk));
        else await this.#serve(request, desk, outcomes);
      }
    } finally {
      await desk.source?.data.close();
      // Only an early end of the iteration (`break`) arrives here with the command still running.
      if (open && this.channel.usable) await this.#drain(desk);
    }
  }

  /** A command without a file from the phone. @throws as {@link run} */
  async do(command: CommandText, desk: Desk): Promise<void> {
    for await (const _ of this.run(command, desk)) throw new Error('a file that nobody asked for');
  }

  /** From CMD:START to the phone's "OK" to the command. */
  async #begin(command: CommandText, desk: Desk): Promise<void> {
    const { channel } = this;
    const { stage } = desk;
    const start = { timeoutMs: this.#startMs, what: 'the Download Agent’s CMD:START', stage };
    const first = this.#parsed(await channel.text(start), desk);
    if (first.kind !== 'start') channel.fail(start, `it sent ${describe(first)}`);
    this.#startMs = XML_TIMEOUT.start;
    await channel.sendOk();
    await channel.sendText(command.text);
    const answer = await channel.ack({ timeoutMs: XML_TIMEOUT.ack, what: `the answer to ${command.name}`, stage });
    if (answer.ok) return;
    // A command that was not understood at all has no CMD:END; the next thing then is CMD:START.
    const evidence = [`the agent answered ${quoted(answer.text)} to ${command.name}`];
    if (!answer.text.startsWith(XmlAck.UNSUPPORTED) && !answer.text.startsWith('<')) {
      throw refused({ result: answer.text, message: '' }, desk, { evidence });
    }
    const end = await this.#request(desk, 0);
    if (end.kind !== 'end') return channel.fail(start, `it sent ${describe(end)} after ${quoted(answer.text)}`);
    throw refused(end, desk, { evidence });
  }

  /** The phone's next request. CMD:END is acknowledged here: nothing may come between it and its acknowledgement. */
  async #request(desk: Desk, before: number): Promise<DeviceRequest> {
    const wait = {
      timeoutMs: desk.requestMs ?? XML_TIMEOUT.request,
      what: `the Download Agent’s next request or the end of the order ${desk.what}`,
      stage: desk.stage,
    };
    if (before >= MOST_REQUESTS) this.channel.fail(wait, `it asked ${before} times in one command`);
    for (let strays = 0; strays <= MOST_STRAYS; strays++) {
      const text = await this.channel.text(wait);
      if (/^(OK|ERR)/.test(text)) continue;
      const request = this.#parsed(text, desk);
      if (request.kind === 'start') this.channel.fail(wait, 'it sent CMD:START inside of a command');
      if (request.kind === 'end') await this.channel.sendOk();
      return request;
    }
    this.channel.fail(wait, 'it sent nothing but acknowledgements');
  }

  async #serve(request: DeviceRequest, desk: Desk, outcomes: Outcome[]): Promise<void> {
    const { channel } = this;
    if (request.kind === 'progress') {
      outcomes.push(await followProgress(channel, desk));
    } else if (request.kind === 'download') {
      outcomes.push(await sendFile(channel, request, desk));
    } else if (request.kind === 'files') {
      await channel.sendOk();
      await channel.sendText(answerFileQuestion(request.key, request.path, desk));
    } else {
      await channel.sendText(XmlAck.UNSUPPORTED);
    }
  }

  /** Takes the command to its end when nobody is interested in it any more. */
  async #drain(desk: Desk): Promise<void> {
    const nothing: Desk = { stage: desk.stage, what: desk.what };
    for (let requests = 0; ; requests++) {
      const request = await this.#request(desk, requests);
      if (request.kind === 'end') return;
      if (request.kind === 'upload') await this.channel.sendText(XmlAck.ERR);
      else await this.#serve(request, nothing, []);
    }
  }

  #parsed(text: string, desk: Desk): DeviceRequest {
    try {
      return parseDeviceRequest(text);
    } catch (cause) {
      if (!(cause instanceof XmlError)) throw cause;
      const wait = { timeoutMs: 0, what: 'a request that makes sense', stage: desk.stage };
      this.channel.fail(wait, `${cause.message}, in ${quoted(text)}`);
    }
  }
}

/**
 * The verdict on a command. CMD:END is the agent's only word on success; but an agent that says "OK" without having moved
 * the data has not done what was asked either.
 * @throws UnbrickError
 */
function concluded(end: CommandEnd, desk: Desk, outcomes: readonly Outcome[]): void {
  for (const outcome of outcomes) if ('failure' in outcome) throw outcome.failure;
  const seen = outcomes.flatMap((outcome) => ('seen' in outcome ? [outcome.seen] : []));
  const inData = outcomes.some((outcome) => 'seen' in outcome && outcome.inData);
  const dataMoved = inData || (desk.source?.data.given ?? false);
  if (!end.result.startsWith(XmlAck.OK)) throw refused(end, desk, { evidence: seen, dataMoved });
  const moved = outcomes.some((outcome) => 'complete' in outcome);
  if (desk.source && !desk.source.data.given) seen.push('the agent did not ask for the data');
  if (desk.target && !moved) seen.push('the agent did not send the data');
  if (seen.length === 0) return;
  throw new UnbrickError({
    code: 'AGENT_REPLY_INVALID',
    stage: desk.stage,
    message: `The Download Agent said that it did what was asked (${desk.what}), but it cannot have done so.`,
    evidence: seen,
    next: ['Use the Download Agent that came with the firmware of this phone.', 'Start the phone afresh and repeat.'],
  });
}

function describe(request: DeviceRequest): string {
  if (request.kind === 'end') return `CMD:END (${quoted(request.result)}, ${quoted(request.message)})`;
  return request.kind === 'unknown' ? quoted(request.command) : `a request of the kind "${request.kind}"`;
}
