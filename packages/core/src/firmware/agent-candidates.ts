import { folderOf, nameOf } from './file-lookup.js';

/** Where firmware packages keep their Download Agents. See docs/protocol/agent-file.md, "How the file flavours differ". */

/** What a file's name says of its use. `other`: any `*.bin` that begins like an agent file. */
export type AgentFileKind = 'preloader' | 'brom' | 'all-in-one' | 'sw-security' | 'other';

export interface AgentCandidate {
  /** Path inside the firmware folder. */
  path: string;
  kind: AgentFileKind;
  /** How far from the scatter file, 0 = beside it. */
  distance: number;
  /** Why it comes into question, a short sentence without a full stop. */
  reason: string;
}

const KINDS: readonly { pattern: RegExp; kind: AgentFileKind; meaning: string }[] = [
  { pattern: /^DA_PL.*\.bin$/i, kind: 'preloader', meaning: 'the agent for phones in preloader mode' },
  { pattern: /^DA_BR.*\.bin$/i, kind: 'brom', meaning: 'the agent for phones in BROM mode' },
  { pattern: /AllInOne_DA.*\.bin$/i, kind: 'all-in-one', meaning: 'the general agent file' },
  { pattern: /^DA_SWSEC.*\.bin$/i, kind: 'sw-security', meaning: 'the agent with software security' },
];

/** Folders that hold agents by custom. */
const AGENT_FOLDERS = /^(download_agent|da)$/i;

/** Farther than this from the scatter file nobody keeps an agent that is meant for it. */
const FARTHEST = 4;

/**
 * The files that can be agent files by name and place, best place first. `other` candidates have to be looked into. `paths`
 * are relative with `/`; searched are the scatter file's folder, those one below it, the one above and its agent folders.
 */
export function listAgentCandidates(paths: readonly string[], scatterPath: string): AgentCandidate[] {
  const home = folderOf(scatterPath);
  const candidates: AgentCandidate[] = [];
  for (const path of paths) {
    const name = nameOf(path);
    if (!/\.bin$/i.test(name)) continue;
    const { distance, where } = placeOf(folderOf(path), home);
    if (distance > FARTHEST) continue;
    const known = KINDS.find((each) => each.pattern.test(name));
    candidates.push({
      path,
      kind: known?.kind ?? 'other',
      distance,
      reason: `${known?.meaning ?? 'a file that begins like an agent file'}, ${where}`,
    });
  }
  const order = KINDS.map((each) => each.kind);
  const kindRank = (kind: AgentFileKind) => (kind === 'other' ? order.length : order.indexOf(kind));
  return candidates.sort(
    (a, b) => a.distance - b.distance || kindRank(a.kind) - kindRank(b.kind) || (a.path < b.path ? -1 : 1),
  );
}

function placeOf(folder: string, home: string): { distance: number; where: string } {
  if (folder === home) return { distance: 0, where: 'beside the scatter file' };
  const name = nameOf(folder);
  const parent = parentOf(folder);
  if (parent === home) {
    return AGENT_FOLDERS.test(name)
      ? { distance: 1, where: `in ${name}/ beside the scatter file` }
      : { distance: 2, where: `in ${name}/ below the scatter file` };
  }
  if (home !== '') {
    const above = parentOf(home);
    if (folder === above) return { distance: 3, where: 'one folder above the scatter file' };
    if (parent === above && AGENT_FOLDERS.test(name))
      return { distance: 3, where: `in ${name}/ above the scatter file` };
    if (parent === above) return { distance: 4, where: `in ${name}/ beside the scatter file's folder` };
  }
  return { distance: Number.POSITIVE_INFINITY, where: 'elsewhere' };
}

/** Undefined above the root. */
function parentOf(folder: string): string | undefined {
  return folder === '' ? undefined : folderOf(folder);
}
