/**
 * Partitions that hold what exists nowhere else: radio calibration, IMEI, serial numbers, keys, lock state. They are read to
 * a backup before anything is written. Lower case; old layouts write them in capitals and with underscores.
 */
const CALIBRATION = new Set([
  'nvram',
  'nvdata',
  'nvcfg',
  'protect1',
  'protect2',
  'protect_f',
  'protect_s',
  'proinfo',
  'pro_info',
  'persist',
  'seccfg',
  // Keys for protected video and for attestation, given to each phone at the factory.
  'kb',
  'dkb',
]);

export function isCalibration(partitionName: string): boolean {
  return CALIBRATION.has(partitionName.toLowerCase());
}
