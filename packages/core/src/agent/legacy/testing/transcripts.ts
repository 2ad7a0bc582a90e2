/**
 * Sessions with a genuine MT6580 agent of 2019: the field sequence is the one in its machine code, `real` marks bytes taken
 * from the wire between the vendor's own host, its genuine first or second stage and an emulated phone.
 */

/** From the first sync byte to the DRAM state word; `real` but for the CID's last bytes. */
export const PROBE = `
← C0
← 00 00 0B C4
← 00 07
← 00 00 00 00 00 00 00 00 00 00 00 00 00 00
← 00 00 00 00
← 15 01 00 44 4A 35 42 4D 42 07 55 01 8A 34 F2 C1
→ 5A
← 04 02 9C
`;

/** What the vendor's host sends to an agent that wants the SLC block, from BROM; real. */
export const CONFIG_BROM_SLC = `
→ 05 FE 00 08 00 70 07 FF FF 01 00 00 00 00 02 01 02 00
→ 00 00 00 01 46 46 00 00 00 00 00 00 00 00 00 00 00 00 00 00 FF 00 00 00
`;

export const CONFIG_PRELOADER_SLC = `
→ FF 01 00 08 00 70 07 FF FF 01 00 00 00 00 02 01 02 00
→ 00 00 00 01 46 46 00 00 00 00 00 00 00 00 00 00 00 00 00 00 FF 00 00 00
`;

export const DRAM_READY = '← 00 00 00 00\n';

/** The agent asks for memory settings. The CID comes as a raw memory dump. */
export const DRAM_WANTED = `
← 00 00 0B C3
← 00 00 00 00
← 44 00 01 15 4D 42 35 4A 01 55 07 42 C1 F2 34 8A
← 00 00 0B C4
← 00 07
← 00 00 00 00 00 00 00 00 00 00 00 00 00 00
`;

/** Flash report of the genuine second stage, 236 bytes, and the command loop reached; real. */
export const FLASH_REPORT = `
← 00 00 0B C7 00 08 FF FF 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
← 00 00 0B C8 00 FF FF 00 00 00 00 00 00 00 00 00 07 00 00 00 00 00 00 00 00 00 00 00 00 00 00
← 00 00 00 00 00 00 00 00 00
← 00 00 00 00 00 00 00 00 00 40 00 00 00 00 00 00 00 40 00 00 00 00 00 00 00 40 00 00
← 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
← 00 00 00 01 D2 00 00 00 44 00 01 15 4D 42 35 4A 01 55 07 42 C1 F2 34 8A 07 00 00 00 00 00 00 00
← 00 00 0C 4F 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
← 00 00 00 00 00 02 00 00 00 00 00 00 02 00 00 00 00 00 40 00 00 00
← 4A E7 13 36 E4 4B F9 BF 79 D2 75 2E 23 48 18 A5
← 5A 00 00 0C 0B 00 00 04 09 C1
`;

/** Second stage of 0x39928 bytes as the vendor's host sends it; real but for the omitted content. */
export const STAGE2_UPLOAD = `
→ 80 00 00 00
→ 00 03 99 28
→ 00 00 10 00
← 5A
${'→ …(4096)\n← 5A\n'.repeat(0x39)}
→ …(2344)
← 5A
← 5A
→ 5A
`;
