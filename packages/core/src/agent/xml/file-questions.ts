import { hex, XmlAck } from '../../wire/index.js';
import type { Desk } from './desk.js';

/**
 * FILE-SYS-OPERATION: what the phone learns about the host's files. Only the file of the running command exists; signature
 * files and "-verified" forms that the phone looks for beside it do not, and nothing can be made or removed.
 * See docs/protocol/xml-agent.md, "FILE-SYS-OPERATION".
 */
export function answerFileQuestion(key: string, path: string, { source }: Desk): string {
  const known = source?.path === path ? source : undefined;
  switch (key) {
    case 'FILE-SIZE':
      return known ? `${XmlAck.OK}@${hex(known.length)}` : XmlAck.ERR;
    case 'EXISTS':
      return known ? XmlAck.EXISTS : XmlAck.NOT_EXISTS;
    case 'MKDIR':
    case 'REMOVE':
    case 'REMOVE-ALL':
      return XmlAck.ERR;
    default:
      return XmlAck.UNSUPPORTED;
  }
}
