import type { Agent } from '../agent/agent.js';
import { gather } from '../agent/byte-stream.js';
import { launchAgent } from '../agent/launch.js';
import type { AgentImage } from '../agent/start.js';
import { authoriseHost } from '../bootrom/authorise.js';
import { type ConnectedPhone, connectPhone } from '../bootrom/connect.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import type { Wording } from '../explain/wording.js';
import type { EmiTable } from '../firmware/emi-table.js';
import type { StorageHints } from '../firmware/scatter/storage-hints.js';
import type { TraceSink } from '../link/link.js';
import type { PortSource } from '../link/port.js';
import type { OwnerCredentials } from '../security/signer.js';
import { parseGpt } from '../storage/gpt.js';
import { parsePmt } from '../storage/pmt.js';
import type { PartitionTable } from '../storage/storage.js';
import type { EventSink } from './events.js';
import { guideWait } from './guided-wait.js';

/** How to reach a phone; part of every job. */
export interface ReachOptions {
  source: PortSource;
  /** How long to wait for a phone, ms. */
  waitMs?: number;
  emit: EventSink;
  /** Soft stop: ends the wait at once, and a job at the next safe point. */
  stop?: AbortSignal;
  trace?: TraceSink;
  /** The user's language: English unless given. */
  wording?: Wording;
  /** What the owner brought along for the phone's locks; the firmware folder is searched for the rest. */
  credentials?: OwnerCredentials;
}

const DEFAULT_WAIT_MS = 120_000;

/**
 * Waits for a phone and identifies it. While there is no phone, a stop takes effect at once; once there is one, the link
 * must outlive it to end in order.
 * @throws UnbrickError as {@link connectPhone}; the stop's reason
 */
export async function reachPhone({
  source,
  waitMs,
  emit,
  stop,
  trace,
  wording,
}: ReachOptions): Promise<ConnectedPhone> {
  const waiting = new AbortController();
  const guide = guideWait(emit, wording);
  const onStop = () => waiting.abort(stop?.reason);
  stop?.throwIfAborted();
  stop?.addEventListener('abort', onStop);
  try {
    return await connectPhone(source, {
      timeoutMs: waitMs ?? DEFAULT_WAIT_MS,
      signal: waiting.signal,
      onNote: (message) => emit({ type: 'note', phase: 'connect', message }),
      observe: guide.observe,
      ...(trace ? { trace } : {}),
    });
  } finally {
    guide.end();
    stop?.removeEventListener('abort', onStop);
  }
}

/** What an agent needs to start, besides the phone. */
export interface AgentNeeds {
  image: AgentImage;
  emi: EmiTable | undefined;
  credentials: OwnerCredentials;
  /** What the firmware says of the phone's storage. */
  hints?: StorageHints | undefined;
}

/** Satisfies the phone's locks with what the owner has, then uploads and starts an agent, telling its progress. */
export async function startAgent(
  phone: ConnectedPhone,
  { image, emi, credentials, hints }: AgentNeeds,
  emit: EventSink,
): Promise<Agent> {
  const note = (message: string) => emit({ type: 'note', phase: 'identify', message });
  const identity = await authoriseHost(phone.bootRom, phone.identity, credentials, note);
  return launchAgent(phone.link, phone.bootRom, {
    identity,
    image,
    emi,
    hints,
    ...(phone.reconnect ? { reconnect: phone.reconnect } : {}),
    ...(credentials.signer ? { signer: credentials.signer } : {}),
    onProgress: (phase, bytes, total) => emit({ type: 'progress', phase, bytes, total }),
    onNote: (message) => emit({ type: 'note', phase: 'agent-upload', message }),
  });
}

/** The phone's partition table, undefined when it has none. As {@link readTable}. */
export async function tableOf(agent: Agent): Promise<PartitionTable | undefined> {
  try {
    return await readTable(agent);
  } catch (cause) {
    if (cause instanceof UnbrickError && cause.code === 'NO_PARTITION_TABLE') return undefined;
    throw cause;
  }
}

/**
 * The phone's partition table. It comes with how it is written, where that can be seen: an agent tells the list of an eMMC in
 * a form of its own, without what else a PMT or GPT says.
 * @throws UnbrickError `NO_PARTITION_TABLE`
 */
export async function readTable(agent: Agent): Promise<PartitionTable> {
  const table = await agent.readPartitionTable();
  if (table.record || table.identity || table.kind === 'mbr' || !agent.storage.regions.get('user')) return table;
  try {
    return await withItsForm(agent, table);
  } catch (cause) {
    // A place of the storage that cannot be read does not make the agent's list a wrong one.
    if (cause instanceof UnbrickError && UNREADABLE.has(cause.code)) return table;
    throw cause;
  }
}

const UNREADABLE = new Set(['STORAGE_FAILED', 'AGENT_REFUSED']);

/** The list that the agent tells, with what else the one on the storage says. */
async function withItsForm(agent: Agent, table: PartitionTable): Promise<PartitionTable> {
  const size = agent.storage.regions.get('user') ?? 0;
  const read = (start: number, length: number) => gather(agent.read({ region: 'user', start, length }));
  if (table.kind === 'gpt') {
    const identity = (await parseGpt(read, size, agent.storage.blockSize)).table?.identity;
    return identity ? { ...table, identity } : table;
  }
  const { table: written, problems } = await parsePmt(read, size);
  // What an earlier boot loader has left there is not this phone's list.
  if (!written?.record || placesOf(written) !== placesOf(table)) return table;
  return { ...table, record: written.record, ...(problems.length > 0 ? { problems } : {}) };
}

function placesOf({ partitions }: PartitionTable): string {
  const inUser = partitions.filter(({ region }) => region === 'user');
  return inUser.map(({ name, start, length }) => `${name} ${start} ${length}`).join();
}

/** Ends a session by restarting the phone or switching it off, as far as it still listens, and lets go of the port. */
export async function leavePhone(
  phone: ConnectedPhone | undefined,
  agent: Agent | undefined,
  how: 'normal' | 'power-off',
): Promise<void> {
  try {
    await agent?.reboot(how);
  } catch {
    // How the job ended is already decided; a phone that no longer answers cannot be let go more politely.
  }
  await phone?.link.close();
}
