import { bytes, latin1, struct, text, u32, u64 } from '../wire/index.js';

/** Head of Android verified-boot metadata (external/avb/libavb, avb_vbmeta_image.h). */
const VbmetaHead = struct('big', {
  magic: text(4),
  versionMajor: u32,
  versionMinor: u32,
  authenticationSize: u64,
  auxiliarySize: u64,
  algorithm: u32,
  signature: bytes(64),
  descriptorsOffset: u64,
  descriptorsSize: u64,
  rollbackIndex: u64,
  flags: u32,
});
/** The head is this long in the file; what the struct leaves out are texts. */
const HEAD_BYTES = 256;
const DescriptorHead = struct('big', { tag: u64, following: u64 });
const HashDescriptor = struct('big', {
  tag: u64,
  following: u64,
  imageSize: u64,
  algorithm: text(32),
  nameLength: u32,
  saltLength: u32,
  digestLength: u32,
  flags: u32,
  reserved: bytes(60),
});
const HASH_DESCRIPTOR = 2;
const VERIFICATION_DISABLED = 2;

/** What verified-boot metadata say about the image of one partition. */
export interface VouchedImage {
  /** Without slot suffix: `boot`. */
  partition: string;
  /** Bytes at the start of the partition that count. */
  imageSize: number;
  salt: Uint8Array;
  /** SHA-256 of salt and image. */
  digest: Uint8Array;
}

/**
 * The images that a vbmeta file vouches for one by one, by SHA-256. Empty when it is no vbmeta, is damaged, or says that
 * nothing is to be verified; those checks belong to others.
 */
export function vouchedImages(file: Uint8Array): VouchedImage[] {
  if (file.length < HEAD_BYTES || latin1(file.subarray(0, 4)) !== 'AVB0') return [];
  try {
    const head = VbmetaHead.parse(file);
    if ((head.flags & VERIFICATION_DISABLED) !== 0) return [];
    const start = HEAD_BYTES + head.authenticationSize + head.descriptorsOffset;
    return descriptorsIn(file.subarray(start, start + head.descriptorsSize));
  } catch (cause) {
    // A number beyond any file, or a descriptor that is cut off.
    if (cause instanceof RangeError) return [];
    throw cause;
  }
}

function descriptorsIn(area: Uint8Array): VouchedImage[] {
  const found: VouchedImage[] = [];
  for (let at = 0; at + DescriptorHead.size <= area.length; ) {
    const { tag, following } = DescriptorHead.parse(area, at);
    const end = at + DescriptorHead.size + following;
    if (tag === HASH_DESCRIPTOR && end <= area.length && following >= HashDescriptor.size - DescriptorHead.size) {
      const { imageSize, algorithm, nameLength, saltLength, digestLength } = HashDescriptor.parse(area, at);
      const name = at + HashDescriptor.size;
      const salt = name + nameLength;
      const digest = salt + saltLength;
      if (algorithm === 'sha256' && digest + digestLength <= end) {
        found.push({
          partition: latin1(area.subarray(name, salt)),
          imageSize,
          salt: area.slice(salt, digest),
          digest: area.slice(digest, digest + digestLength),
        });
      }
    }
    at = end;
  }
  return found;
}
