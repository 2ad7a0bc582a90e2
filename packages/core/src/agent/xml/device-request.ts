import { readXml, type XmlElement, XmlError, XmlRequest, xmlText } from '../../wire/index.js';

/** What a phone asks of its host. */
export type DeviceRequest =
  | { kind: 'start' }
  | { kind: 'end'; result: string; message: string }
  | { kind: 'progress'; message: string }
  | FileRequest
  | { kind: 'files'; key: string; path: string }
  | { kind: 'unknown'; command: string };

/** DOWNLOAD-FILE and UPLOAD-FILE, seen from the phone: it downloads what the host sends. */
export interface FileRequest {
  kind: 'download' | 'upload';
  /** CHK_ADD: the phone compares a sum for each chunk. */
  checksummed: boolean;
  /** What the phone says it is: a region, `2nd-DA`, `HW-INFO`. */
  info: string;
  /** The name that the command had for it. */
  path: string;
  /** Bytes a chunk. */
  packetLength: number;
}

/** The texts are short; these limits keep a hostile one from costing anything. */
const LIMITS = { depth: 8, nodes: 200 };

/**
 * Reads a request.
 * @throws XmlError when the text is not XML, or not such a request
 */
export function parseDeviceRequest(text: string): DeviceRequest {
  const root = readXml(text, LIMITS);
  const command = required(root, 'command');
  switch (command) {
    case XmlRequest.START:
      return { kind: 'start' };
    case XmlRequest.END:
      return { kind: 'end', result: required(root, 'arg', 'result'), message: xmlText(root, 'arg', 'message') ?? '' };
    case XmlRequest.PROGRESS_REPORT:
      return { kind: 'progress', message: xmlText(root, 'arg', 'message') ?? '' };
    case XmlRequest.DOWNLOAD_FILE:
      return fileRequest(root, 'download', 'source_file');
    case XmlRequest.UPLOAD_FILE:
      return fileRequest(root, 'upload', 'target_file');
    case XmlRequest.FILE_SYS_OPERATION:
      return { kind: 'files', key: required(root, 'arg', 'key'), path: required(root, 'arg', 'file_path') };
    default:
      return { kind: 'unknown', command };
  }
}

function fileRequest(root: XmlElement, kind: FileRequest['kind'], pathElement: string): FileRequest {
  const packetLength = required(root, 'arg', 'packet_length');
  if (!/^(0x[0-9a-f]+|[0-9]+)$/i.test(packetLength)) {
    throw new XmlError(`the packet length ${JSON.stringify(packetLength.slice(0, 20))} is not a number`, root.line);
  }
  return {
    kind,
    checksummed: xmlText(root, 'arg', 'checksum') === 'CHK_ADD',
    info: xmlText(root, 'arg', 'info') ?? '',
    path: required(root, 'arg', pathElement),
    packetLength: Number(packetLength),
  };
}

function required(root: XmlElement, ...path: string[]): string {
  const value = xmlText(root, ...path);
  if (value === undefined || value === '') throw new XmlError(`<${path.join('/')}> is missing`, root.line);
  return value;
}
