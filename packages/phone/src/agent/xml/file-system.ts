/** FILE-SYS-OPERATION: questions about the host's files. docs/protocol/xml-agent.md, "FILE-SYS-OPERATION". */
import { XmlRequest } from '@unbrick/core/wire';
import type { XmlAgentState } from './agent-state.js';
import { requestText } from './request.js';
import type { Acknowledgement } from './text-channel.js';

export type FileOperation = 'FILE-SIZE' | 'EXISTS' | 'MKDIR' | 'REMOVE' | 'REMOVE-ALL';

/** The host's result; a request that it refuses is a failed result. */
export async function fileSystemOperation(
  { channel }: XmlAgentState,
  key: FileOperation,
  path: string,
): Promise<Acknowledgement> {
  await channel.sendText(requestText(XmlRequest.FILE_SYS_OPERATION, { key, file_path: path }));
  const taken = await channel.receiveAcknowledgement();
  return taken.ok ? channel.receiveAcknowledgement() : taken;
}

export async function fileExists(state: XmlAgentState, path: string): Promise<boolean> {
  const { ok, words } = await fileSystemOperation(state, 'EXISTS', path);
  return ok && words[0] === 'EXISTS';
}

/** A path the host gave, taken apart; both kinds of separators occur. */
export function splitPath(path: string): { folder: string; stem: string; extension: string } {
  const cut = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1;
  const name = path.slice(cut);
  const dot = name.lastIndexOf('.');
  const stem = dot > 0 ? name.slice(0, dot) : name;
  return { folder: path.slice(0, cut), stem, extension: name.slice(stem.length) };
}
