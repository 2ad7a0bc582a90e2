/** What the virtual phone needs Node for: storage in files, profiles from files, serving on TCP. */
export { FileStorage } from './file-storage.js';
export { loadProfile, type OpenPhoneOptions, openPhone } from './open-phone.js';
export { type PhoneServer, type ServeOptions, servePhone } from './serve.js';
export { writePracticeFirmware } from './write-practice-firmware.js';
