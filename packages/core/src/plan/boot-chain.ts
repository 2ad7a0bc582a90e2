/**
 * Programs that run before the system: a half-written one keeps the phone from starting. With the names that tables of older
 * phones have: there the preloader is a partition like the others.
 */
const BOOT_CHAIN =
  /^(preloader\d?|dsp_bl|lk|lk2|uboot\d?|tee\d?|atf|boot(img)?|vbmeta.*|dtbo?|logo|spmfw|scp\d?|sspm.*|gz\d?|mbr|ebr\d|pmt|pgpt|sgpt)(_[ab])?$/i;

export function isBootChain(partitionName: string): boolean {
  return BOOT_CHAIN.test(partitionName);
}

/** MBR and EBRs of phones before GPT: sectors that tell the system where its file systems are. */
export function isBootRecord(partitionName: string): boolean {
  return /^(mbr|ebr\d)$/i.test(partitionName);
}
