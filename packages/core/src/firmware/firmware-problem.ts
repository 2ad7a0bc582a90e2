/** Something to know about a firmware that does not keep it from being used. */
export interface FirmwareProblem {
  severity: 'warning' | 'error';
  /** Stable: `FIRMWARE_SEVERAL_SCATTERS`. */
  code: string;
  /** One sentence for a person. */
  message: string;
}
