import type { ComparedPartition, FirmwareComparison, InspectedPartition } from '@unbrick/core';
import { formatBytes } from './format.js';
import { tableLines } from './table.js';

const PLACES: Readonly<Record<ComparedPartition['place'], string>> = {
  same: '',
  moved: 'moved',
  grew: 'grew',
  shrank: 'shrank',
  'only-in-first': 'only in the first',
  'only-in-second': 'only in the second',
};

const IMAGES: Readonly<Record<ComparedPartition['image'], string>> = {
  same: 'same image',
  differs: 'image differs',
  'only-in-first': 'image only in the first',
  'only-in-second': 'image only in the second',
  neither: '',
  unreadable: 'image cannot be read',
};

/** How two firmwares differ, for a person: what is the same is counted, not listed. */
export function comparisonLines(comparison: FirmwareComparison): string[] {
  const { first, second, differences, layouts } = comparison;
  const lines = [`first   ${first}`, `second  ${second}`, ''];
  if (comparison.same) return [...lines, 'The two are the same: layout, images and memory settings.'];
  lines.push(
    ...tableLines(differences.map((each) => [each.what, each.first || 'not said', '→', each.second || 'not said'])),
  );
  for (const { storage, partitions } of layouts) {
    const differing = partitions.filter(
      ({ place, image }) => place !== 'same' || (image !== 'same' && image !== 'neither'),
    );
    const same = partitions.length - differing.length;
    if (layouts.length > 1 || differences.length > 0) lines.push('');
    if (differing.length > 0) {
      lines.push(
        `Partitions that differ${layouts.length > 1 ? ` (${storage.toUpperCase()})` : ''}`,
        ...tableLines(
          differing.map((each) => [
            `  ${each.name}`,
            PLACES[each.place] || 'same place',
            each.place === 'same' ? placeOf(each.first) : `${placeOf(each.first)} → ${placeOf(each.second)}`,
            imageOf(each),
          ]),
        ),
      );
    }
    lines.push(
      `${same} partition${same === 1 ? '' : 's'} with the same place and image${layouts.length > 1 ? ` (${storage.toUpperCase()})` : ''}`,
    );
  }
  lines.push(...chips('Memory chips only the first knows', comparison.memoryOnlyInFirst));
  lines.push(...chips('Memory chips only the second knows', comparison.memoryOnlyInSecond));
  return lines;
}

function placeOf(partition: InspectedPartition | undefined): string {
  if (!partition) return 'none';
  const start =
    partition.start === undefined ? `end - ${partition.blocksBeforeEnd} blocks` : `0x${partition.start.toString(16)}`;
  return `${partition.region} ${start}, ${partition.size === 0 ? 'the rest' : formatBytes(partition.size)}`;
}

function imageOf({ image, first, second }: ComparedPartition): string {
  if (image !== 'differs') return IMAGES[image];
  const [before, after] = [first?.fileSize, second?.fileSize];
  const sizes =
    before === after || before === undefined || after === undefined
      ? ''
      : formatBytes(before) === formatBytes(after)
        ? ` (${after > before ? '+' : ''}${after - before} bytes)`
        : ` (${formatBytes(before)} → ${formatBytes(after)})`;
  return `${IMAGES.differs}${sizes}`;
}

function chips(title: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : ['', title, ...names.map((name) => `  ${name}`)];
}
