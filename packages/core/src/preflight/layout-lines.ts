import type { LayoutDifference } from '../storage/layout-difference.js';
import { hex } from '../wire/index.js';

/**
 * The differences of two layouts as lines of a table: name, what is different, where and how large on the phone and in the
 * firmware, what it costs. Partitions that are the same are left out.
 * @param cost what the difference means for the content of this partition; empty when nothing
 */
export function layoutLines(
  differences: readonly LayoutDifference[],
  cost: (difference: LayoutDifference) => string,
): string[] {
  const rows = differences
    .filter(({ verdict }) => verdict !== 'same')
    .map((each) => [each.name, WORDS[each.verdict], place(each.phone), '→', place(each.firmware), cost(each)]);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(0, ...rows.map((row) => (row[column] as string).length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

const WORDS: Record<LayoutDifference['verdict'], string> = {
  same: 'same',
  moved: 'elsewhere',
  grew: 'larger on the phone',
  shrank: 'smaller on the phone',
  'missing-on-phone': 'not on the phone',
  'only-on-phone': 'not in the firmware',
};

function place(side: LayoutDifference['phone']): string {
  if (!side) return '-';
  const size = side.size === 0 ? 'the rest' : side.size % 1024 === 0 ? `${side.size / 1024} KiB` : `${side.size} bytes`;
  return `${size} at ${hex(side.start)}`;
}
