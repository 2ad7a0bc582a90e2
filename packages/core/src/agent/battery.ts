/**
 * Millivolts that the one cell of a phone can show: below, its protection has cut it off; above, it is the cable or no
 * measurement at all. See docs/protocol/decisions.md, "Battery".
 */
const CELL = { least: 2_500, most: 4_600 } as const;

/** A voltage that an agent has named; undefined when no battery has such a one, as with 0 for "there is none". */
export function plausibleMillivolts(value: number | undefined): number | undefined {
  return value !== undefined && value >= CELL.least && value <= CELL.most ? value : undefined;
}
