import type { ScatterBlock, ScatterOutline } from './scatter-blocks.js';
import type { ScatterProblems } from './scatter-problems.js';
import { flagOf } from './scatter-values.js';

const KNOWN_VERSIONS = /^V(1\.1\.\d|1\.2\.0|2\.1\.0|2\.2\.0)$/i;

const KNOWN_KEYS = new Set(
  (
    'config_version platform project storage boot_channel block_size skip_pmt_operate skip_pt_operate modem_check modem resize_check ' +
    'chip_version partition_index partition_name file_name is_download type linear_start_addr physical_start_addr ' +
    'partition_size region boundary_check is_reserved operation_type is_upgradable empty_boot_needed ' +
    'combo_partsize_check d_type slc_percentage reserve'
  ).split(' '),
);

/** `V1.1.2`; empty when the file does not say. */
export function versionOf({ general }: ScatterOutline, problems: ScatterProblems): string {
  const version = general.value('config_version') ?? '';
  if (!KNOWN_VERSIONS.test(version)) {
    const message = version
      ? `The version '${version.slice(0, 40)}' is not known.`
      : 'The file does not say its config_version.';
    problems.warn(general.entry('config_version')?.line ?? 1, 'SCATTER_VERSION_UNKNOWN', message);
  }
  return version;
}

export function tellGeneralContradictions({ general }: ScatterOutline, problems: ScatterProblems): void {
  for (const { key, line, values } of general.contradictions) {
    problems.tell(
      line,
      key === 'platform',
      'SCATTER_KEY_REPEATED',
      `The file says ${key} twice: '${values[0]}' and '${values[1]}'. The first is used.`,
    );
  }
}

/** The chip the firmware is for: by the file's own word, else by its name. */
export function platformOf(outline: ScatterOutline, fileName: string, problems: ScatterProblems): string {
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

export function skipsTable(outline: ScatterOutline, problems: ScatterProblems): boolean | undefined {
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

export function checksOf(outline: ScatterOutline): Record<string, string> {
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
export function tellUnknownKeys(outline: ScatterOutline, problems: ScatterProblems): void {
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
