import type { FirmwareFacts, ImageFact } from '../firmware/firmware-facts.js';
import type { Finding } from '../preflight/finding.js';
import { isCalibration } from './calibration.js';
import type { Selection } from './selection.js';

/**
 * Images that a firmware brings for partitions with this one phone's own data (an empty `persist`, say). Writing them would
 * replace what exists nowhere else, so they count only when they were asked for by name. Pure.
 */
export function unaskedImages(facts: FirmwareFacts, selection: Selection): ImageFact[] {
  const named = new Set((selection.only ?? []).map((name) => name.toLowerCase()));
  return facts.selected.filter(
    ({ partition }) => isCalibration(partition.name) && !named.has(partition.name.toLowerCase()),
  );
}

export function withoutUnasked(facts: FirmwareFacts, selection: Selection): FirmwareFacts {
  const unasked = new Set(unaskedImages(facts, selection));
  return unasked.size === 0 ? facts : { ...facts, selected: facts.selected.filter((fact) => !unasked.has(fact)) };
}

/** Says which images are left out; nothing is left out silently. */
export function tellUnasked(facts: FirmwareFacts, selection: Selection): Finding[] {
  const unasked = unaskedImages(facts, selection);
  if (unasked.length === 0) return [];
  const names = unasked.map((fact) => fact.partition.name).join(', ');
  return [
    {
      severity: 'warning',
      code: 'CALIBRATION_IMAGE_LEFT_OUT',
      message: `The firmware brings images for ${names}, where this phone keeps its own data. They are left out.`,
      evidence: unasked.map((fact) => `${fact.partition.name}: ${fact.path ?? fact.partition.fileName ?? 'no file'}`),
      next: [`Only if these partitions are broken: --only ${unasked[0]?.partition.name}`],
    },
  ];
}
