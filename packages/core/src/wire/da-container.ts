/** Layout of the Download Agent container file ("MTK_DOWNLOAD_AGENT"), little-endian. See docs/protocol/agent-file.md. */
import { array, struct, text, u16, u32 } from './struct.js';

export const DA_IDENTIFIER = 'MTK_DOWNLOAD_AGENT';
export const DA_INFO_MAGIC = 0x22668899;
export const DA_ENTRY_MAGIC = 0xdada;

export const DaHeader = struct('little', {
  identifier: text(32),
  description: text(64),
  infoVersion: u32,
  infoMagic: u32,
  entryCount: u32,
});

export const DaRegion = struct('little', {
  offset: u32,
  length: u32,
  startAddress: u32,
  signatureOffset: u32,
  signatureLength: u32,
});

/** Entry of info version 4 (and of every other value but 3), 0xDC bytes. */
export const DaEntry = struct('little', {
  magic: u16,
  hwCode: u16,
  hwSubCode: u16,
  hwVersion: u16,
  swVersion: u16,
  reserved: u16,
  featureSet: u32,
  entryRegionIndex: u16,
  regionCount: u16,
  regions: array(DaRegion, 10),
});

/** Entry of info version 3, 0xD8 bytes. */
export const DaEntryV3 = struct('little', {
  magic: u16,
  hwCode: u16,
  hwVersion: u16,
  swVersion: u16,
  featureSet: u32,
  entryRegionIndex: u16,
  regionCount: u16,
  regions: array(DaRegion, 10),
});
