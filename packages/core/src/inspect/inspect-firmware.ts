import { chipsByName } from '../chips/chips.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import { parseAgentFile } from '../firmware/agent-file.js';
import { judgeContent } from '../firmware/content/expectation.js';
import { nameOf } from '../firmware/file-lookup.js';
import type { FirmwarePackage } from '../firmware/package.js';
import { peekImage } from '../firmware/peek-image.js';
import { parsePreloader } from '../firmware/preloader.js';
import { isPreloader } from '../firmware/scatter/is-preloader.js';
import type { ScatterLayout, ScatterPartition } from '../firmware/scatter/scatter.js';
import { readWhole } from '../firmware/source.js';
import { inspectAgentFile } from './inspect-agent-file.js';
import { cutOff } from './inspect-file.js';
import { inspectPreloader } from './inspect-preloader.js';
import type { InspectedAgentFile, InspectedFirmware, InspectedPartition, InspectionNote } from './inspection.js';

const PRELOADER_LIMIT = 16 << 20;
const AGENT_FILE_LIMIT = 64 << 20;

/**
 * What a firmware is and for which phone, from its scatter file and the first bytes of every image: a few megabytes are
 * read, also of an archive of many gigabytes. Damaged files become notes, not exceptions.
 */
export async function inspectFirmware(firmware: FirmwarePackage): Promise<InspectedFirmware> {
  const { scatter } = firmware;
  const notes: InspectionNote[] = [...firmware.problems, ...scatter.problems];
  const layouts: InspectedFirmware['layouts'] = [];
  // Two layouts of one package name mostly the same files.
  const seen = new Map<string, Promise<PeekedFile>>();
  for (const layout of scatter.layouts) layouts.push(await inspectLayout(firmware, layout, seen, notes));
  const preloader = await tryNote(notes, () => readPreloader(firmware));
  const agentFiles: InspectedAgentFile[] = [];
  for (const path of firmware.agentFiles) {
    const agent = await tryNote(notes, async () => {
      const source = await firmware.folder.open(path);
      return inspectAgentFile(parseAgentFile(path, await readWhole(source, AGENT_FILE_LIMIT)));
    });
    if (agent) agentFiles.push(agent);
  }
  return {
    type: 'firmware',
    name: firmware.name,
    platform: scatter.platform,
    chips: [
      ...new Set(chipsByName(scatter.platform).flatMap((chip) => [...chip.names, chip.marketingName ?? []].flat())),
    ],
    project: scatter.project,
    format: `${scatter.form} ${scatter.version}`.trim(),
    scatter: firmware.scatterPath,
    scatterWhy: firmware.scatterWhy,
    otherScatters: firmware.alternatives,
    layouts,
    ...(preloader ? { preloader } : {}),
    agentFiles,
    authFiles: firmware.authFiles,
    checksumFiles: firmware.checksums.map((list) => list.path),
    unknown: firmware.unknown,
    notes,
  };
}

type PeekedFile = Pick<InspectedPartition, 'fileSize' | 'expandedSize' | 'content' | 'details'> & {
  peek?: Awaited<ReturnType<typeof peekImage>>;
};

async function inspectLayout(
  firmware: FirmwarePackage,
  layout: ScatterLayout,
  seen: Map<string, Promise<PeekedFile>>,
  notes: InspectionNote[],
): Promise<InspectedFirmware['layouts'][0]> {
  const partitions: InspectedPartition[] = [];
  for (const partition of layout.partitions) {
    const files = firmware.filesFor(partition);
    const first = files[0];
    let peeked: PeekedFile = {};
    if (first !== undefined) {
      const known = seen.get(first);
      const looking = known ?? peekFile(firmware, files, notes);
      seen.set(first, looking);
      peeked = await looking;
      if (!known) notes.push(...judge(partition, first, peeked));
    } else if (partition.isDownload && partition.fileName !== undefined) {
      notes.push({
        severity: 'error',
        code: 'IMAGE_MISSING',
        message: `The image for ${partition.name} is missing: '${partition.fileName}' is not beside the scatter file.`,
        line: partition.line,
      });
    }
    const { peek: _, ...shown } = peeked;
    partitions.push({ ...describe(partition), files, ...shown });
  }
  return { storage: layout.storage, blockSize: layout.blockSize, partitions };
}

function describe(partition: ScatterPartition): Omit<InspectedPartition, 'files'> {
  const { name, region, start, endRelativeBlocks, size, operation, isDownload, fileName } = partition;
  return {
    name,
    region,
    ...(endRelativeBlocks === undefined ? { start } : { blocksBeforeEnd: endRelativeBlocks }),
    size,
    operation,
    ticked: isDownload,
    ...(fileName === undefined ? {} : { wants: fileName }),
  };
}

async function peekFile(
  firmware: FirmwarePackage,
  files: readonly string[],
  notes: InspectionNote[],
): Promise<PeekedFile> {
  const found = await tryNote(notes, async () => {
    const sources = await Promise.all(files.map((path) => firmware.folder.open(path)));
    const [first, ...others] = sources;
    return first && { peek: await peekImage(first), more: others.reduce((sum, each) => sum + each.size, 0) };
  });
  if (!found) return {};
  const { peek, more } = found;
  return {
    peek,
    fileSize: peek.fileSize + more,
    ...(peek.kind === 'sparse' ? { expandedSize: peek.expandedSize } : {}),
    content:
      peek.kind === 'sparse' && peek.content.kind !== 'sparse' ? `${peek.content.label} (sparse)` : peek.content.label,
    ...(peek.content.details.length > 0 ? { details: peek.content.details } : {}),
  };
}

/** What the image is against what it is meant for. */
function judge(partition: ScatterPartition, path: string, { peek }: PeekedFile): InspectionNote[] {
  if (!peek) return [];
  const notes = peek.kind === 'raw' ? cutOff(path, peek.fileSize, peek.content) : [];
  const verdict = judgeContent(partition.name, nameOf(path), peek.content);
  if (verdict) notes.push({ ...verdict, code: 'IMAGE_UNEXPECTED', line: partition.line });
  if (partition.size > 0 && peek.expandedSize > partition.size && !isPreloader(partition)) {
    const message = `${path} needs ${peek.expandedSize} bytes; the partition ${partition.name} has ${partition.size}.`;
    notes.push({ severity: 'error', code: 'IMAGE_TOO_LARGE', message, line: partition.line });
  }
  return notes;
}

async function readPreloader(firmware: FirmwarePackage) {
  if (firmware.preloaderPath === undefined) return undefined;
  const source = await firmware.folder.open(firmware.preloaderPath);
  const preloader = parsePreloader(source.name, await readWhole(source, PRELOADER_LIMIT));
  return inspectPreloader(firmware.preloaderPath, preloader);
}

/** A file that cannot be read is a note: the rest of the firmware can still be described. */
async function tryNote<T>(notes: InspectionNote[], read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof RangeError) {
      notes.push({ severity: 'error', code: 'FILE_UNREADABLE', message: cause.message });
      return undefined;
    }
    if (!(cause instanceof UnbrickError)) throw cause;
    notes.push({ severity: 'error', code: cause.code, message: [cause.message, ...cause.evidence].join(' ') });
    return undefined;
  }
}
