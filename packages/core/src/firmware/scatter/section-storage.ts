import type { StorageKind } from '../../storage/storage.js';
import type { ScatterOutline, ScatterSection } from './scatter-blocks.js';
import type { ScatterProblems } from './scatter-problems.js';
import { regionOf, storageOf, storageOfRegion } from './scatter-values.js';

/** For which storage a section is: its own word first, then what its partitions say, then the file's name. */
export function storageOfSection(
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
