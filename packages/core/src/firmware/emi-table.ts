/** The memory settings ("EMI table") inside a preloader file: which memory chips the firmware was built for. */

export interface EmiEntry {
  /** Raw bytes of this entry, `itemSize` long. */
  bytes: Uint8Array;
  /** 0 discrete RAM, 1 NAND MCP, 2 eMMC MCP, 3 UFS MCP, 0xF any. */
  storageClass: number;
  /** 1 DDR1, 2 LPDDR2, 3 LPDDR3, 4 PC-DDR3, 5 LPDDR4, 6 LPDDR4X. */
  dramKind: number;
  /** The id bytes that count (eMMC: start of the CID; UFS: product text). Empty for discrete RAM. */
  id: Uint8Array;
  /** eMMC firmware revision bytes that must match too; usually empty. */
  firmwareId: Uint8Array;
  /** Sum of the rank sizes in bytes; 0 when the layout does not tell. */
  ramSize: number;
}

export interface EmiTable {
  /** NN of MTK_BLOADER_INFO_vNN. */
  version: number;
  itemSize: number;
  entries: EmiEntry[];
  /** From the tag to the end of the table: what an XFlash agent takes. */
  blob: Uint8Array;
  /** All entries without the head: what a legacy "list" agent takes. */
  list: Uint8Array;
  /** `preloader_<project>.bin` as embedded. */
  fileName: string;
}
