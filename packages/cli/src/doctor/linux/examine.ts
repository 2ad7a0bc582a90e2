import type { Finding } from '@unbrick/core';
import type { System } from '../system.js';
import { checkGrabbers } from './grabbers.js';
import { checkHolders } from './holders.js';
import { checkKernelMessages } from './kernel-messages.js';
import { checkPermissions } from './permissions.js';
import { checkSurroundings } from './surroundings.js';
import { checkTopology, phonesAmong } from './topology.js';
import { usbTree } from './usb-tree.js';

/** Everything the doctor looks at on Linux. */
export async function examineLinux(system: System): Promise<Finding[]> {
  const devices = usbTree(system);
  const phones = phonesAmong(devices);
  return [
    ...checkSurroundings(system),
    ...checkTopology(devices),
    ...(await checkPermissions(system, phones)),
    ...checkHolders(system, phones),
    ...checkGrabbers(system),
    ...(await checkKernelMessages(system)),
  ];
}
