import type { AgentImage } from '../agent/start.js';
import type { DeviceIdentity } from '../bootrom/identity.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import { type AgentCandidate, type AgentFileKind, listAgentCandidates } from './agent-candidates.js';
import { chooseAgentEntry } from './agent-entry.js';
import {
  type AgentFile,
  agentImage,
  isAgentFile,
  isXmlGeneration,
  parseAgentFile,
  signatureKind,
} from './agent-file.js';
import { type ByteSource, type FolderSource, readWhole } from './source.js';

/** Largest agent file that is read; real ones have 0.5 to 8 MiB. */
const AGENT_FILE_LIMIT = 64 << 20;

/** A candidate that was opened: either its content or why it is of no use. */
export interface LoadedAgentFile extends AgentCandidate {
  file?: AgentFile;
  problem?: string;
}

export interface AgentChoice {
  /** Absent when no file has an agent for the phone. */
  image?: AgentImage;
  /** Why this one, each a short sentence. */
  why: string[];
  /** Files that were looked at and cannot be used. */
  rejected: { file: string; why: string }[];
}

/**
 * The agent files of a folder near the scatter file: by name, and all other `*.bin` that begin like one.
 * @throws UnbrickError `FILE_MISSING` when a listed file cannot be opened
 */
export async function findAgentCandidates(folder: FolderSource, scatterPath: string): Promise<AgentCandidate[]> {
  const candidates = listAgentCandidates(await folder.list(), scatterPath);
  const found: AgentCandidate[] = [];
  for (const candidate of candidates) {
    if (candidate.kind !== 'other') {
      found.push(candidate);
      continue;
    }
    if (await beginsLikeAgent(folder, candidate.path)) found.push(candidate);
  }
  return found;
}

/** A file that cannot be opened is no candidate: it may be some damaged image, which is told where it matters. */
async function beginsLikeAgent(folder: FolderSource, path: string): Promise<boolean> {
  try {
    const source = await folder.open(path);
    return isAgentFile(await source.read(0, 32));
  } catch (cause) {
    if (cause instanceof UnbrickError && cause.code !== 'FILE_MISSING') return false;
    throw cause;
  }
}

/**
 * Opens the agent files that come into question: `named` alone when the user names one, else those of the firmware.
 * A file that cannot be used stays in the list with its problem, so that the choice can be explained.
 */
export async function loadAgentFiles(
  firmware: { folder: FolderSource; agentFiles: readonly string[]; scatterPath: string },
  named?: ByteSource,
): Promise<LoadedAgentFile[]> {
  if (named) {
    return [await load({ path: named.name, kind: 'other', distance: 0, reason: 'you named it' }, async () => named)];
  }
  const loaded: LoadedAgentFile[] = [];
  for (const candidate of listAgentCandidates(firmware.agentFiles, firmware.scatterPath)) {
    loaded.push(await load(candidate, () => firmware.folder.open(candidate.path)));
  }
  return loaded;
}

async function load(candidate: AgentCandidate, open: () => Promise<ByteSource>): Promise<LoadedAgentFile> {
  try {
    const source = await open();
    return { ...candidate, file: parseAgentFile(source.name, await readWhole(source, AGENT_FILE_LIMIT)) };
  } catch (cause) {
    return { ...candidate, problem: problemOf(cause) };
  }
}

function problemOf(cause: unknown): string {
  if (cause instanceof UnbrickError) return [cause.message, ...cause.evidence].join(' ');
  return cause instanceof Error ? cause.message : String(cause);
}

/**
 * Chooses the agent for a phone. Pure. On a phone that checks signatures the firmware's own agent next to the scatter file
 * comes first, one with a mere placeholder for a signature last; on an open one the agent with the fullest set of commands.
 * See docs/protocol/agent-file.md, "How the file flavours differ".
 */
export function chooseAgent(files: readonly LoadedAgentFile[], identity: DeviceIdentity): AgentChoice {
  const rejected: AgentChoice['rejected'] = [];
  const usable: Usable[] = [];
  for (const each of files) {
    const result = usableFor(each, identity);
    if (typeof result === 'string') rejected.push({ file: each.path, why: result });
    else usable.push(result);
  }
  usable.sort((a, b) => compare(rank(a, identity), rank(b, identity)));
  const [chosen, ...others] = usable;
  if (!chosen) return { why: [], rejected };
  const why = [`${chosen.loaded.path}: ${chosen.loaded.reason}`, chosen.reason];
  if (identity.targetConfig.agentAuthentication && signatureKind(chosen.image) !== 'signed') {
    why.push(
      'it carries no signature, and this phone starts signed agents only: it will probably refuse this one, without harm',
    );
  }
  if (others.length > 0) {
    why.push(`it is preferred to ${others.map((each) => each.loaded.path).join(', ')}: ${preference(identity)}`);
  }
  return { image: chosen.image, why, rejected };
}

interface Usable {
  loaded: LoadedAgentFile;
  image: AgentImage;
  reason: string;
}

/** The agent of this file for this phone, or why there is none. */
function usableFor(loaded: LoadedAgentFile, identity: DeviceIdentity): Usable | string {
  const { file } = loaded;
  if (!file) return loaded.problem ?? 'it could not be read';
  const { entry, reason } = chooseAgentEntry(file, identity);
  if (!entry) return reason;
  // Chips with XFlash agents have newer ones that speak V6; chips with legacy agents do not.
  if (isXmlGeneration(file) && identity.chip?.agent === 'legacy') {
    return `its agents speak the V6 protocol (${file.description}), which this chip never had`;
  }
  try {
    return { loaded, image: agentImage(file, entry), reason };
  } catch (cause) {
    return problemOf(cause);
  }
}

/** The order of kinds for this phone, best first. */
function kindOrder(identity: DeviceIdentity): AgentFileKind[] {
  if (identity.stage === 'brom') return ['brom', 'all-in-one', 'sw-security', 'preloader', 'other'];
  // The legacy DA_PL.bin refuses to write a preloader and to format; an open phone takes the full agent as well.
  if (identity.chip?.agent === 'legacy' && !isSecured(identity)) {
    return ['all-in-one', 'sw-security', 'preloader', 'other', 'brom'];
  }
  return ['preloader', 'all-in-one', 'sw-security', 'other', 'brom'];
}

function isSecured({ targetConfig }: DeviceIdentity): boolean {
  return targetConfig.secureBoot || targetConfig.agentAuthentication || targetConfig.serialLinkAuthorisation;
}

function rank({ loaded, image }: Usable, identity: DeviceIdentity): number[] {
  const kind = kindOrder(identity).indexOf(loaded.kind);
  if (!isSecured(identity)) return [kind, loaded.distance];
  const refused = identity.targetConfig.agentAuthentication && signatureKind(image) !== 'signed';
  return [refused ? 1 : 0, loaded.distance, kind];
}

function preference(identity: DeviceIdentity): string {
  const mode = identity.stage === 'brom' ? 'BROM' : 'preloader';
  return isSecured(identity)
    ? 'this phone is secured, so a signed agent next to the scatter file comes first'
    : `on an open phone in ${mode} mode this kind of agent does most`;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
