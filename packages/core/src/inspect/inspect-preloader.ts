import { describeEmiEntry } from '../firmware/emi.js';
import type { Preloader } from '../firmware/preloader.js';
import type { InspectedPreloader } from './inspection.js';

/** For which board a preloader is and which memory chips it knows, in plain words. Pure. */
export function inspectPreloader(name: string, preloader: Preloader): InspectedPreloader {
  const { emi, project, bootHeader } = preloader;
  return {
    type: 'preloader',
    name,
    shape: preloader.shape,
    ...(bootHeader === undefined ? {} : { bootHeader }),
    ...(project === undefined ? {} : { project }),
    platforms: [...new Set(preloader.platformHints.map((hint) => hint.platform))],
    loadAddress: preloader.loadAddress,
    signed: preloader.signatureLength > 0,
    size: preloader.fileLength,
    ...(emi ? { emiVersion: emi.version } : {}),
    memory: emi ? [...new Set(emi.entries.map(describeEmiEntry))] : [],
    notes: preloader.problems.map((problem) => ({ severity: 'warning', ...problem })),
  };
}
