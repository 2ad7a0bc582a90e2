/** The virtual phone: the device side of every protocol, for tests, practice and dry runs. Runs in Node and the browser. */
export type { AgentFirmware, AgentSession, PhoneLogEntry } from './agent/session.js';
export { birth } from './birth/birth.js';
export { type Clock, REAL_CLOCK } from './device/clock.js';
export { PhonePort } from './device/phone-port.js';
export { type DeviceWire, hang, LeaveBus, UnpluggedError } from './device/wire.js';
export { type FaultPlan, NO_FAULTS, parseFault } from './faults.js';
export { type BootMode, VirtualPhone, type VirtualPhoneOptions } from './phone.js';
export { practiceFirmware } from './practice/firmware.js';
export type { Profile, ProfilePartition } from './profiles/profile.js';
export { extentsOf, findProfile, listProfiles, ProfileError, parseProfile, profileText } from './profiles/profiles.js';
export { FaultyStorage, type StorageFaults } from './storage/faulty-storage.js';
export { MemoryStorage } from './storage/memory-storage.js';
export { type PhoneStorage, StorageFault } from './storage/phone-storage.js';
export type { PreloaderFaceOptions, PreloaderVariant } from './usb/faces.js';
export { IdleDevice, UnreadableDevice } from './usb/idle-device.js';
export type { UsbBus, UsbDevice, UsbSetup } from './usb/usb-device.js';
export { UsbPhone, type UsbPhoneOptions } from './usb/usb-phone.js';
