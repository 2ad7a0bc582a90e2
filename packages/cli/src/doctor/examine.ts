import type { Finding } from '@unbrick/core';
import { found } from './finding.js';
import { examineLinux } from './linux/examine.js';
import { examineMacos } from './macos/examine.js';
import type { System } from './system.js';
import { examineWindows } from './windows/examine.js';

/** Looks at everything on this computer that keeps phones from being reached. Changes nothing. */
export async function examine(system: System): Promise<Finding[]> {
  switch (system.platform) {
    case 'linux':
      return examineLinux(system);
    case 'win32':
      return examineWindows(system);
    case 'darwin':
      return examineMacos(system);
    default:
      return [
        found(
          'warning',
          'SYSTEM_UNKNOWN',
          `The doctor does not know this system (${system.platform}).`,
          [],
          ['The serial port may work all the same: --port serial:/dev/…'],
        ),
      ];
  }
}
