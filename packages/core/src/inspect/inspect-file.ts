import { isAgentFile, parseAgentFile } from '../firmware/agent-file.js';
import { containerByContent, containerByName, containerRefused } from '../firmware/container.js';
import type { Content } from '../firmware/content/content.js';
import { type ImagePeek, peekImage } from '../firmware/peek-image.js';
import { parsePreloader } from '../firmware/preloader.js';
import { type ByteSource, readWhole } from '../firmware/source.js';
import { hexBytes } from '../wire/index.js';
import { inspectAgentFile } from './inspect-agent-file.js';
import { inspectPreloader } from './inspect-preloader.js';
import type { InspectedImage, Inspection } from './inspection.js';

const PRELOADER_LIMIT = 16 << 20;
const AGENT_FILE_LIMIT = 64 << 20;
const HEAD_BYTES = 512;

/**
 * What a single file is: a preloader, a Download Agent file, an image. Scatter files and archives are looked at with what
 * belongs to them: see inspectFirmware.
 * @throws UnbrickError `FIRMWARE_IN_CONTAINER`, or what is wrong with a preloader or an agent file
 */
export async function inspectFile(source: ByteSource): Promise<Inspection> {
  const head = await source.read(0, Math.min(source.size, HEAD_BYTES));
  if (isAgentFile(head)) {
    return inspectAgentFile(parseAgentFile(source.name, await readWhole(source, AGENT_FILE_LIMIT)));
  }
  const peek = await peekImage(source);
  const { kind } = peek.content;
  if (
    (kind === 'preloader' || kind === 'memory-settings' || isBlankPreloader(source, peek)) &&
    source.size <= PRELOADER_LIMIT
  ) {
    return inspectPreloader(source.name, parsePreloader(source.name, await readWhole(source, PRELOADER_LIMIT)));
  }
  const container = containerByContent(head) ?? (kind === 'unknown' ? containerByName(source.name) : undefined);
  if (container) throw containerRefused(source.name, container);
  const begins = kind === 'unknown' ? [`it begins with ${hexBytes(head.subarray(0, 16))}`] : [];
  return inspectedImage(source.name, peek, begins);
}

/** An emptied preloader can be told by its name only. */
function isBlankPreloader(source: ByteSource, { content }: ImagePeek): boolean {
  return (content.kind === 'blank' || content.kind === 'empty') && /preloader/i.test(source.name);
}

function inspectedImage(name: string, peek: ImagePeek, more: string[]): InspectedImage {
  return {
    type: 'image',
    name,
    size: peek.fileSize,
    sparse: peek.kind === 'sparse',
    expandedSize: peek.expandedSize,
    content: peek.content.label,
    details: [...peek.content.details, ...more],
    notes: cutOff(name, peek.expandedSize, peek.content),
  };
}

/** A file that is shorter than its own content says. */
export function cutOff(name: string, size: number, content: Content): InspectedImage['notes'] {
  const { claims, label } = content;
  if (claims === undefined || claims <= size) return [];
  const message = `${name} is cut off: it holds ${size} bytes, but the ${label} in it says ${claims}.`;
  return [{ severity: 'warning', code: 'IMAGE_DAMAGED', message }];
}
