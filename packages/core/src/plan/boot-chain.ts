/** Programs that run before the system: a half-written one keeps the phone from starting. */
const BOOT_CHAIN =
  /^(lk|lk2|uboot|tee\d?|atf|boot|vbmeta.*|dtbo?|logo|spmfw|scp\d?|sspm.*|gz\d?|mbr|ebr\d|pgpt|sgpt)(_[ab])?$/i;

export function isBootChain(partitionName: string): boolean {
  return BOOT_CHAIN.test(partitionName);
}
