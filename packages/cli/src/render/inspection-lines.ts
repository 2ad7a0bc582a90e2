import type {
  InspectedAgentFile,
  InspectedFirmware,
  InspectedImage,
  InspectedPartition,
  InspectedPreloader,
  Inspection,
  InspectionNote,
} from '@unbrick/core';
import { formatBytes } from './format.js';
import { tableLines } from './table.js';

/** Longer lists of memory chips are cut: the JSON form has all. */
const MEMORY_SHOWN = 12;

/** What was found out, for a person. */
export function inspectionLines(inspection: Inspection, all: boolean): string[] {
  switch (inspection.type) {
    case 'firmware':
      return firmwareLines(inspection, all);
    case 'preloader':
      return [
        `${inspection.name}: a MediaTek preloader`,
        ...preloaderLines(inspection),
        ...noteLines(inspection.notes),
      ];
    case 'agent-file':
      return [`${inspection.name}: a Download Agent file`, ...agentLines(inspection), ...noteLines(inspection.notes)];
    case 'image':
      return imageLines(inspection);
  }
}

function firmwareLines(firmware: InspectedFirmware, all: boolean): string[] {
  const { platform, chips, project, layouts, preloader } = firmware;
  const others = chips.filter((name) => name !== platform);
  const storages = layouts.map((layout) => layout.storage.toUpperCase()).join(' and ');
  const lines = [
    `${firmware.name}: a firmware for phones with the chip ${platform || 'that is not named'}`,
    ...tableLines([
      ['  chip', platform + (others.length > 0 ? ` (the same family: ${others.join(', ')})` : '') || 'not named'],
      ['  project', project || 'not named'],
      ['  storage', storages],
      ['  scatter file', `${firmware.scatter} (${firmware.format}): ${firmware.scatterWhy}`],
      ...firmware.otherScatters.map((other) => ['  or', `${other.path}: ${other.why}`]),
      ...firmware.authFiles.map((path) => ['  authorisation', path]),
      ...firmware.checksumFiles.map((path) => ['  checksums', path]),
    ]),
  ];
  if (preloader) lines.push('', `Preloader ${preloader.name}`, ...preloaderLines(preloader));
  for (const agent of firmware.agentFiles) lines.push('', `Download Agent ${agent.name}`, ...agentLines(agent));
  for (const layout of layouts) {
    const present = layout.partitions.filter((each) => each.files.length > 0 || each.ticked);
    const shown = all || present.length === 0 ? layout.partitions : present;
    const hidden = layout.partitions.length - shown.length;
    lines.push(
      '',
      `Partitions${layouts.length > 1 ? ` for ${layout.storage.toUpperCase()}` : ''}`,
      ...tableLines(shown.map(partitionRow), [2, 3]),
    );
    if (hidden > 0) lines.push(`  and ${hidden} more without an image (--all shows them)`);
  }
  if (firmware.unknown.length > 0) lines.push('', `Other files: ${some(firmware.unknown)}`);
  return [...lines, ...noteLines(firmware.notes, firmware.scatter)];
}

function partitionRow(partition: InspectedPartition): string[] {
  const { name, ticked, region, size, files, fileSize, expandedSize, content, operation } = partition;
  const place =
    partition.start === undefined
      ? `${partition.blocksBeforeEnd} blocks before the end`
      : `0x${partition.start.toString(16)}`;
  const needs = expandedSize ?? fileSize;
  const file =
    files.length === 0 ? (ticked ? `${partition.wants ?? 'no file'} (missing)` : operation.toLowerCase()) : some(files);
  return [
    `  ${ticked ? '☑' : '☐'} ${name}`,
    `${region} ${place}`,
    size === 0 ? 'the rest' : formatBytes(size),
    needs === undefined ? '' : formatBytes(needs),
    [file, content].filter(Boolean).join(': '),
  ];
}

function preloaderLines(preloader: InspectedPreloader): string[] {
  const { memory } = preloader;
  const rest = memory.length - MEMORY_SHOWN;
  const shape =
    preloader.shape === 'plain'
      ? 'as firmware folders have it'
      : preloader.shape === 'emi-only'
        ? 'memory settings only, no preloader'
        : `image of a boot area${preloader.bootHeader ? ` (${preloader.bootHeader})` : ''}`;
  return [
    ...tableLines([
      ['  form', `${shape}, ${formatBytes(preloader.size)}, ${preloader.signed ? 'signed' : 'not signed'}`],
      ['  project', preloader.project ?? 'not named'],
      ['  names chips', preloader.platforms.join(', ') || 'none'],
      [
        '  memory',
        preloader.emiVersion === undefined
          ? 'no memory settings'
          : `${memory.length} kinds (table version ${preloader.emiVersion})`,
      ],
    ]),
    ...memory.slice(0, MEMORY_SHOWN).map((chip) => `    ${chip}`),
    ...(rest > 0 ? [`    and ${rest} more`] : []),
  ];
}

function agentLines(file: InspectedAgentFile): string[] {
  return [
    `  build  ${file.build || 'not named'}, ${formatBytes(file.size)}`,
    ...tableLines(
      file.agents.map((agent) => [
        `    ${agent.hwCode}`,
        agent.chips.join(', ') || 'a chip this program does not know',
        agent.generation === 'unknown' ? '' : `${agent.generation} protocol`,
        { signed: 'signed', placeholder: 'signature placeholder', none: 'not signed', incomplete: 'incomplete' }[
          agent.signature
        ],
      ]),
    ),
  ];
}

function imageLines(image: InspectedImage): string[] {
  const size = image.sparse
    ? `${formatBytes(image.size)}, sparse, expands to ${formatBytes(image.expandedSize)}`
    : formatBytes(image.size);
  return [
    `${image.name}: ${image.content}`,
    `  ${size}`,
    ...image.details.map((detail) => `  ${detail}`),
    ...noteLines(image.notes),
  ];
}

function noteLines(notes: readonly InspectionNote[], scatter?: string): string[] {
  if (notes.length === 0) return [];
  const lines = notes.map((note) => {
    const where = note.line === undefined || scatter === undefined ? '' : ` (${scatter}, line ${note.line})`;
    return `  ${note.severity === 'error' ? '✗' : '!'} ${note.message}${where} [${note.code}]`;
  });
  return ['', 'To know', ...lines];
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 4).join(', ');
  return names.length > 4 ? `${shown} and ${names.length - 4} more` : shown;
}
