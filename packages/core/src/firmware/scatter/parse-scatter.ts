import { UnbrickError } from '../../errors/unbrick-error.js';
import type { StorageKind } from '../../storage/storage.js';
import { arrangeLayout } from './arrange-layout.js';
import { readBraceScatter } from './brace-scatter.js';
import { readPartition } from './read-partition.js';
import type { ScatterFile, ScatterLayout } from './scatter.js';
import { readOutline, type ScatterBlock, type ScatterOutline, type ScatterSection } from './scatter-blocks.js';
import { scatterText, unreadable } from './scatter-form.js';
import { ScatterProblems } from './scatter-problems.js';
import { bytesOf, flagOf, regionOf, storageOf, storageOfRegion, USUAL_BLOCK_SIZE } from './scatter-values.js';

const KNOWN_VERSIONS = /^V(1\.1\.\d|1\.2\.0|2\.1\.0|2\.2\.0)$/i;

const KNOWN_KEYS = new Set(
  (
    'config_version platform project storage boot_channel block_size skip_pmt_operate skip_pt_operate modem_check modem resize_check ' +
    'chip_version partition_index partition_name file_name is_download type linear_start_addr physical_start_addr ' +
    'partition_size region boundary_check is_reserved operation_type is_upgradable empty_boot_needed ' +
    'combo_partsize_check d_type slc_percentage reserve'
  ).split(' '),
);

/**
 * Reads a scatter file of any generation: the oldest form with braces, YAML-like V1.x with one storage and V2.1 with several.
 * See docs/protocol/scatter.md.
 * @throws UnbrickError `SCATTER_UNSUPPORTED` for the XML form and for storage this program does not know;
 *   `SCATTER_UNREADABLE` for files that are no scatter file. Never anything else.
 */
export function parseScatter(fileName: string, bytes: Uint8Array): ScatterFile {
  const problems = new ScatterProblems();
  const { form, text } = scatterText(fileName, bytes);
  if (form === 'brace') {
    const scatter = readBraceScatter(fileName, text, problems);
    if (scatter.layouts.length === 0) throw withoutLayout(fileName, [], problems);
    return scatter;
  }
  return readOutlined(fileName, form, readOutline(text, problems), problems);
}

/** What the forms with keys and values have in common, once they are divided into blocks. */
function readOutlined(
  fileName: string,
  form: ScatterFile['form'],
  outline: ScatterOutline,
  problems: ScatterProblems,
): ScatterFile {
  tellUnknownKeys(outline, problems);

  const { general } = outline;
  const version = general.value('config_version') ?? '';
  if (!KNOWN_VERSIONS.test(version)) {
    const message = version
      ? `The version '${version.slice(0, 40)}' is not known.`
      : 'The file does not say its config_version.';
    problems.warn(general.entry('config_version')?.line ?? 1, 'SCATTER_VERSION_UNKNOWN', message);
  }
  for (const { key, line, values } of general.contradictions) {
    problems.tell(
      line,
      key === 'platform',
      'SCATTER_KEY_REPEATED',
      `The file says ${key} twice: '${values[0]}' and '${values[1]}'. The first is used.`,
    );
  }

  const layouts: ScatterLayout[] = [];
  const strange: string[] = [];
  for (const section of outline.sections) {
    if (section.partitions.length === 0) continue;
    const storage = storageKind(section, outline, fileName, problems);
    if (storage === 'nor' || storage === 'none') {
      strange.push(storage.toUpperCase());
      problems.warn(
        section.general.line,
        'SCATTER_STORAGE_UNSUPPORTED',
        `The partitions for ${storage.toUpperCase()} storage are left out.`,
      );
      continue;
    }
    const layout = readLayout(section, storage, outline, problems);
    if (layouts.some((other) => other.storage === storage)) {
      problems.tell(
        section.general.line,
        true,
        'SCATTER_STORAGE_REPEATED',
        `The file has two lists of partitions for ${storage.toUpperCase()} storage. The first is used.`,
      );
    } else if (layout.partitions.length > 0) {
      layouts.push(layout);
    }
  }
  if (layouts.length === 0) throw withoutLayout(fileName, strange, problems);

  const skipTable = skipsTable(outline, problems);
  const checks = checksOf(outline);
  return {
    fileName,
    form,
    version,
    platform: platformOf(outline, fileName, problems),
    project: general.value('project') ?? '',
    ...(skipTable === undefined ? {} : { skipTable }),
    ...(Object.keys(checks).length === 0 ? {} : { checks }),
    layouts,
    problems: problems.list(),
  };
}

function readLayout(
  section: ScatterSection,
  storage: StorageKind,
  outline: ScatterOutline,
  problems: ScatterProblems,
): ScatterLayout {
  const raw = section.partitions.map((block, index) => ({
    partition: readPartition(block, index, storage, problems),
    content: block.content,
  }));
  const entry = section.general.entry('block_size') ?? outline.general.entry('block_size');
  const blockSize = entry && bytesOf(entry.value);
  if (!blockSize) {
    const usual = `0x${USUAL_BLOCK_SIZE[storage].toString(16)}`;
    problems.warn(
      entry?.line ?? section.general.line,
      'SCATTER_BLOCK_SIZE_GUESSED',
      `The file gives no usable block_size; ${usual} is taken, which is usual for ${storage.toUpperCase()}.`,
    );
  }
  const bootChannel = section.general.value('boot_channel') ?? outline.general.value('boot_channel');
  return {
    storage,
    blockSize: blockSize || USUAL_BLOCK_SIZE[storage],
    ...(bootChannel === undefined ? {} : { bootChannel }),
    partitions: arrangeLayout(raw, storage, problems),
  };
}

/** The section's own word first, then what its partitions say, then the file's name. */
function storageKind(
  section: ScatterSection,
  outline: ScatterOutline,
  fileName: string,
  problems: ScatterProblems,
): StorageKind | 'nor' | 'none' {
  const said = section.general.value('storage') ?? section.storageType ?? outline.general.value('storage');
  const kind = said === undefined ? undefined : storageOf(said);
  const announced = section.storageType === undefined ? undefined : storageOf(section.storageType);
  if (kind !== undefined && announced !== undefined && kind !== announced) {
    problems.tell(
      section.general.line,
      true,
      'SCATTER_STORAGE_CONFLICT',
      `A section for ${announced.toUpperCase()} storage says storage: ${said}.`,
    );
  }
  if (kind !== undefined && kind !== 'none') return kind;
  const guess = fromPartitions(section) ?? fromFileName(fileName) ?? (kind === 'none' ? 'none' : 'emmc');
  const what =
    said === undefined ? 'The file does not say its storage' : `The storage '${said.slice(0, 40)}' is not known`;
  problems.warn(section.general.line, 'SCATTER_STORAGE_GUESSED', `${what}; it is taken to be ${guess.toUpperCase()}.`);
  return guess;
}

function fromPartitions(section: ScatterSection): StorageKind | undefined {
  const votes = new Map<StorageKind, number>();
  for (const block of section.partitions) {
    const region = regionOf(block.value('region') ?? '');
    const word = storageOf(block.value('storage') ?? '');
    const kind = (region && storageOfRegion(region)) ?? (word === 'nor' || word === 'none' ? undefined : word);
    if (kind) votes.set(kind, (votes.get(kind) ?? 0) + 1);
  }
  return [...votes].sort((a, b) => b[1] - a[1])[0]?.[0];
}

function fromFileName(fileName: string): StorageKind | undefined {
  const word = /_(emmc|ufs|nand)/i.exec(fileName)?.[1]?.toLowerCase();
  return word as StorageKind | undefined;
}

function platformOf(outline: ScatterOutline, fileName: string, problems: ScatterProblems): string {
  const said = outline.general.value('platform')?.toUpperCase();
  if (said !== undefined) return said;
  const named = /MT\d{4}[A-Z]*/i.exec(fileName)?.[0]?.toUpperCase() ?? '';
  const message = named
    ? `The file does not say its platform; its name says ${named}.`
    : 'The file does not say for which platform (chip) it is.';
  problems.warn(outline.general.line, 'SCATTER_PLATFORM_MISSING', message);
  return named;
}

/** The two spellings of "write the image of pgpt, make no partition table". */
const SKIP_TABLE_KEYS = ['skip_pmt_operate', 'skip_pt_operate'];

function skipsTable(outline: ScatterOutline, problems: ScatterProblems): boolean | undefined {
  for (const block of generalBlocks(outline)) {
    for (const key of SKIP_TABLE_KEYS) {
      const entry = block.entry(key);
      if (!entry || entry.value === '') continue;
      const value = flagOf(entry.value);
      if (value !== undefined) return value;
      const message = `The file has ${key}: '${entry.value.slice(0, 40)}', which is neither true nor false.`;
      problems.tell(entry.line, true, 'SCATTER_VALUE_UNREADABLE', message);
    }
  }
  return undefined;
}

const CHECK_KEYS = ['modem_check', 'modem', 'resize_check', 'chip_version'];

function checksOf(outline: ScatterOutline): Record<string, string> {
  const checks: Record<string, string> = {};
  for (const block of generalBlocks(outline)) {
    for (const key of CHECK_KEYS) {
      const value = block.value(key);
      if (value !== undefined) checks[key] ??= value;
    }
  }
  return checks;
}

/** In a V1 file the general block is its section's own too. */
function generalBlocks(outline: ScatterOutline): ReadonlySet<ScatterBlock> {
  return new Set([outline.general, ...outline.sections.map((section) => section.general)]);
}

/** Unknown keys are told once each: a newer generation adds one to every partition. */
function tellUnknownKeys(outline: ScatterOutline, problems: ScatterProblems): void {
  const unknown = new Map<string, { line: number; count: number }>();
  const blocks = [...generalBlocks(outline), ...outline.sections.flatMap((each) => each.partitions)];
  for (const block of blocks) {
    for (const [key, { line }] of block) {
      if (KNOWN_KEYS.has(key)) continue;
      const before = unknown.get(key);
      if (before) before.count++;
      else unknown.set(key, { line, count: 1 });
    }
  }
  for (const [key, { line, count }] of unknown) {
    const times = count === 1 ? '' : ` (${count} times)`;
    problems.warn(line, 'SCATTER_KEY_UNKNOWN', `The key '${key.slice(0, 40)}'${times} is not known and has no effect.`);
  }
}

function withoutLayout(fileName: string, strange: readonly string[], problems: ScatterProblems): UnbrickError {
  if (strange.length === 0) {
    const seen = problems.list().slice(0, 4);
    return unreadable(
      fileName,
      'describes no partition that this program could use',
      seen.map((problem) => `line ${problem.line}: ${problem.message}`),
    );
  }
  return new UnbrickError({
    code: 'SCATTER_UNSUPPORTED',
    stage: 'firmware',
    message: `${fileName} is for phones with ${strange.join(' and ')} storage, which this program cannot flash.`,
    evidence: [`storage: ${strange.join(', ')}`],
    next: ['Use SP Flash Tool for this firmware.'],
  });
}
