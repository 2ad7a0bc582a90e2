import { type FileLookup, folderOf, nameOf } from './file-lookup.js';
import { ImageLookup } from './image-lookup.js';
import type { ScatterLayout, ScatterPartition } from './scatter/scatter.js';
import type { FoundScatter } from './scatter-search.js';

/** A scatter file with what speaks for it. */
export interface RatedScatter extends FoundScatter {
  /** Ticked images that are there, and all ticked ones. Of several layouts the best. */
  present: number;
  ticked: number;
  /** The package's own entry file names it. */
  named: boolean;
}

/** Best first: named by the package, then most images there, fewest missing, nearest the top, plain rather than signed. */
export function rankScatters(
  found: readonly FoundScatter[],
  lookup: FileLookup,
  named: ReadonlySet<string>,
): RatedScatter[] {
  return found.map((each) => rate(each, lookup, named.has(each.path))).sort(byMerit);
}

function rate(found: FoundScatter, lookup: FileLookup, named: boolean): RatedScatter {
  const images = new ImageLookup(lookup, folderOf(found.path));
  const counts = found.scatter.layouts.map((layout) => {
    const ticked = new Map(tickedFiles(layout).map((partition) => [partition.fileName, partition]));
    return {
      present: [...ticked.values()].filter((partition) => images.filesFor(partition).length > 0).length,
      ticked: ticked.size,
    };
  });
  return { ...found, named, ...counts.reduce((best, each) => (each.present > best.present ? each : best)) };
}

function tickedFiles(layout: ScatterLayout): ScatterPartition[] {
  return layout.partitions.filter(({ isDownload, fileName }) => isDownload && fileName !== undefined);
}

function byMerit(a: RatedScatter, b: RatedScatter): number {
  const signed = ({ path }: RatedScatter) => (/verified|sign/i.test(nameOf(path)) ? 1 : 0);
  const depth = ({ path }: RatedScatter) => path.split('/').length;
  return (
    Number(b.named) - Number(a.named) ||
    b.present - a.present ||
    a.ticked - b.ticked ||
    depth(a) - depth(b) ||
    signed(a) - signed(b) ||
    (a.path < b.path ? -1 : 1)
  );
}

/** One scatter file in a line: `MT6735, project demo, EMMC, 5 of 5 ticked image files are there`. */
export function describeScatter({ scatter, present, ticked, named }: RatedScatter): string {
  const storage = scatter.layouts.map((layout) => layout.storage.toUpperCase()).join(' and ');
  const project = scatter.project ? `, project ${scatter.project}` : '';
  const byName = named ? ', named by flash.xml' : '';
  return `${scatter.platform || 'unnamed platform'}${project}, ${storage}, ${present} of ${ticked} ticked image files are there${byName}`;
}
