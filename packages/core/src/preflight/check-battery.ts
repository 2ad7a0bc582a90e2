import type { Finding } from './finding.js';

/** Below, at most a tenth of the charge is left; see docs/protocol/decisions.md, "Battery", for both numbers. Millivolts. */
const LOW = 3_600;
/** Below, MediaTek's own boot loaders do not start the system. Millivolts. */
const TOO_LOW_TO_START = 3_450;

/**
 * Will the battery last? Only a warning, and nothing at all when the voltage is not known: many phones run from the cable
 * alone, and what they tell then says nothing about a battery. Pure.
 */
export function checkBattery(millivolts: number | undefined): Finding[] {
  if (millivolts === undefined) return [];
  const volts = `${(millivolts / 1000).toFixed(2)} V`;
  const measured = `the Download Agent measured ${millivolts} mV, with the cable in`;
  if (millivolts >= LOW) {
    return [
      { severity: 'ok', code: 'BATTERY_OK', message: `The battery has ${volts}.`, evidence: [measured], next: [] },
    ];
  }
  return [
    {
      severity: 'warning',
      code: 'BATTERY_LOW',
      message: `The battery is nearly empty (${volts}). A phone that goes out in the middle of a job is worse off than before.`,
      evidence: [
        measured,
        'below 3600 mV at most a tenth of the charge is left',
        ...(millivolts < TOO_LOW_TO_START
          ? ['below 3450 mV the boot loaders of such phones do not start the system']
          : []),
      ],
      next: [
        'Nothing has been written yet: stop here, charge the phone for half an hour from a wall charger, and repeat.',
        'If it does not charge in this state: put in a charged battery, or charge this one outside of the phone.',
        'If neither is possible: go on, with the phone straight at the computer, and do not touch the cable.',
      ],
    },
  ];
}
