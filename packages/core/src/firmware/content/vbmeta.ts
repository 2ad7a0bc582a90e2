import { bytes, latin1, struct, text, u32, viewOf } from '../../wire/index.js';
import type { Content } from './content.js';

/** Android verified-boot metadata; big-endian. See docs/protocol/images.md, "Verified-boot metadata". */
export const VbmetaHeader = struct('big', {
  magic: text(4),
  versionMajor: u32,
  versionMinor: u32,
  authenticationSize: bytes(8),
  auxiliarySize: bytes(8),
  algorithm: u32,
  middle: bytes(80),
  rollbackIndex: bytes(8),
  flags: u32,
  rollbackLocation: u32,
  release: text(48),
  reserved: bytes(80),
});

const MAGIC = 'AVB0';
const HASHTREE_DISABLED = 1;
const VERIFICATION_DISABLED = 2;

export function readVerifiedBoot(head: Uint8Array): Content | undefined {
  if (latin1(head.subarray(0, 4)) !== MAGIC || head.length < VbmetaHeader.size) return undefined;
  const header = VbmetaHeader.parse(head);
  const details = [
    header.algorithm === 0 ? 'not signed' : 'signed',
    `made by ${header.release.replace(/[^\x20-\x7e]/g, '?') || 'an unknown tool'}`,
  ];
  if ((header.flags & VERIFICATION_DISABLED) !== 0) details.push('verification switched off');
  else if ((header.flags & HASHTREE_DISABLED) !== 0) details.push('checking of file systems switched off');
  const size = (field: Uint8Array) => Number(viewOf(field).getBigUint64(0));
  const claims = VbmetaHeader.size + size(header.authenticationSize) + size(header.auxiliarySize);
  return {
    kind: 'vbmeta',
    label: 'Android verified-boot metadata',
    details,
    ...(Number.isSafeInteger(claims) ? { claims } : {}),
  };
}
