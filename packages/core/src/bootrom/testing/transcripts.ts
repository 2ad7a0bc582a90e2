/**
 * Exchanges in the form of the scripted device. Host and device bytes are those of captures and of the examples in
 * docs/protocol/bootrom.md; where the order of a genuine host differs from ours, the difference is named.
 */

/** MT6580 boot ROM. The genuine host writes the watchdog before it asks for the version (GET_BL_VER), we after. */
export const MT6580_BROM = `
  > FD
  < FD
  < 65 80
  < 00 00
  > FC
  < FC
  < 8A 00 CA 00 00 00
  < 00 00
  > FE
  < FE                       ; boot ROM
  > D4
  < D4
  > 10 00 70 00
  < 10 00 70 00
  > 00 00 00 01
  < 00 00 00 01
  < 00 01                    ; a success, although not 0
  > 22 00 00 64
  < 22 00 00 64
  < 00 01
  > FF
  < 05                       ; no echo
  > D8
  < D8
  < 00 00 00 00
  < 00 00
  > E1
  < E1
  < 00 00 00 10
  < 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F
  < 00 00
`;

/** MT6735 preloader of generation 2: no identifiers. */
export const MT6735_PRELOADER = `
  > FD
  < FD
  < 03 21
  < 00 00
  > FC
  < FC
  < 8A 00 CB 00 00 00
  < 00 00
  > FE
  < 02                       ; the version, no echo
  > D8
  < D8
  < 00 00 00 00
  < 00 00
`;

/** MT6877-like preloader of generation 3 with DAA and SBC; SOC_ID of a real log. */
export const PRELOADER_3 = `
  > FD
  < FD
  < 07 66
  < 00 00
  > FC
  < FC
  < 8A 00 CA 00 00 00
  < 00 00
  > FE
  < 03
  > D8
  < D8
  < 00 00 00 05
  < 00 00
  > E1
  < E1
  < 00 00 00 10
  < 29 79 0F 11 88 76 AB 5D 97 C9 20 D4 1B D4 DB 65
  < 00 00
  > E7
  < E7
  < 00 00 00 20
  < 18 4B 3D E9 60 1F 45 30 30 08 D0 88 25 82 24 8F 80 14 08 B5 BA A2 42 86 71 C0 73 D8 A9 B4 3B 5B
  < 00 00
`;

/** Header of a SEND_DA of six bytes for 0x00200000 of which two are a signature, up to the first status. */
export const SEND_DA_SIX = `
  > D7
  < D7
  > 00 20 00 00
  < 00 20 00 00
  > 00 00 00 06
  < 00 00 00 06
  > 00 00 00 02
  < 00 00 00 02
`;
