/** GUID partition table layouts (UEFI), little-endian. */
import { bytes, struct, u32, u64 } from './struct.js';

export const GPT_SIGNATURE = 'EFI PART';
export const GptHeader = struct('little', {
  signature: bytes(8),
  revision: u32,
  headerSize: u32,
  headerCrc: u32,
  reserved: u32,
  currentLba: u64,
  backupLba: u64,
  firstUsableLba: u64,
  lastUsableLba: u64,
  diskGuid: bytes(16),
  entriesLba: u64,
  entryCount: u32,
  entrySize: u32,
  entriesCrc: u32,
});
export const GptEntry = struct('little', {
  typeGuid: bytes(16),
  uniqueGuid: bytes(16),
  firstLba: u64,
  lastLba: u64,
  attributes: bytes(8),
  name: bytes(72),
});
