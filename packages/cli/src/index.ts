/** Ports and disk access for @unbrick/core on Node. */
export { makeBackupFolder } from './files/backup-folder.js';
export { DiskBackupShelf } from './files/backup-shelf.js';
export { DiskFile, openDiskFile } from './files/disk-file.js';
export { DiskFolder } from './files/disk-folder.js';
export { openFirmwarePath } from './files/firmware-path.js';
export { openPortSource } from './ports/open-source.js';
