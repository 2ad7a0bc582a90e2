/** Whether these first bytes of a file are those of a zip archive; 4 bytes suffice. */
export function isZip(head: Uint8Array): boolean {
  const [p, k, third, fourth] = head;
  if (p !== 0x50 || k !== 0x4b) return false;
  // A file, an empty archive, the mark of a split one.
  return (third === 3 && fourth === 4) || (third === 5 && fourth === 6) || (third === 7 && fourth === 8);
}
