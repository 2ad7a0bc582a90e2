import { createHash } from 'node:crypto';

/**
 * A vbmeta image without signature that vouches for one partition by a hash descriptor, as avbtool makes it: the AOSP
 * description of the format, external/avb/libavb.
 */
export function hashFooterlessVbmeta(partition: string, image: Uint8Array, flags = 0): Uint8Array {
  const salt = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
  const digest = createHash('sha256').update(salt).update(image).digest();
  const name = Buffer.from(partition);
  const fixed = Buffer.alloc(132);
  const bodyLength = 132 - 16 + name.length + salt.length + digest.length;
  const padded = Math.ceil(bodyLength / 8) * 8;
  fixed.writeBigUInt64BE(2n, 0);
  fixed.writeBigUInt64BE(BigInt(padded), 8);
  fixed.writeBigUInt64BE(BigInt(image.length), 16);
  fixed.write('sha256', 24);
  fixed.writeUInt32BE(name.length, 56);
  fixed.writeUInt32BE(salt.length, 60);
  fixed.writeUInt32BE(digest.length, 64);
  const descriptor = Buffer.concat([fixed, name, salt, digest, Buffer.alloc(padded - bodyLength)]);
  const auxiliary = Buffer.concat([descriptor, Buffer.alloc((64 - (descriptor.length % 64)) % 64)]);
  const header = Buffer.alloc(256);
  header.write('AVB0', 0);
  header.writeUInt32BE(1, 4);
  header.writeBigUInt64BE(BigInt(auxiliary.length), 20);
  header.writeBigUInt64BE(BigInt(descriptor.length), 104);
  header.writeUInt32BE(flags, 120);
  header.write('avbtool 1.2.0', 128);
  return new Uint8Array(Buffer.concat([header, auxiliary]));
}
