/**
 * A session of MediaTek's own host (SP Flash Tool 5.1952) with an MT6580 in boot-ROM mode, as it was recorded. `>` is the
 * host, `<` the phone, `#` a remark. In braces: bytes that the recording leaves out, so that the test brings its own.
 * The phone's bytes are a genuine agent's, except in the DRAM set-up: there they follow the specification.
 */
export const MT6580_FORMAT_SESSION = `
< c0 00 00 0b c4 00 07 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 15 01 00 44 4a 35 42 4d 42 07 55 01 8a 34 f2 c1
> 5a
< 04 02 9c
> 05
> fe
> 00 08
> 00 70 07 ff ff
> 01 00 00 00 00
> 02
> 01 02
> 00
> 00 00 00 01 46 46 00 00 00 00 00 00 00 00 00 00 00 00 00 00 ff 00 00 00
< 00 00 0b c3
< 00 00 00 00 44 00 01 15 4d 42 35 4a 01 55 07 42 c1 f2 34 8a
< 00 00 0b c4 00 07 00 00 00 00 00 00 00 00 00 00 00 00 00 00
> e8
> 00 00 00 15
< 5a
< 00 00 00 bc
> 5a
> 00 00 02 34
> {emi}
< {emi sum}
> 5a
> 80 00 00 01
< 00 00 00 00 02 00 00 00 00 00 40 00 00 00
> 80 00 00 00
> 00 03 99 28
> 00 00 10 00
< 5a
> {stage 2}
< {57 packets}
< 5a
< 5a
> 5a
< {report}
> e0
> 00 00 00 00
< 5a
> b4
> 00 00 00 00
< {secure usb}
> a5
< a5 00 00 04 0d
# the host writes a partition table, second copy first
> a9
< 5a
> 01
> 00 00 00 1e
> {table}
< 5a
> a9
< 5a
> 00
> 00 00 00 1e {table}
< 5a
# an image, then the proof of it
> 61
> 00 08 00 00 00 00 06 e4 00 00 00 00 00 00 00 01 23 4a 0d 03
< 00 10 00 00 5a
> 5a
> {image}
> 13 3c
< 69
> 13 3c
< 5a
> bb
< 5a 5a
> b4
> 00 00 00 00
< {secure usb}
> 60
< 5a
> 08
< 5a
> d6
> 0b 02 00 00 00 00 06 e4 00 00 00 00 00 00 00 01 24 00
< 5a
> 00 10 00 00
< {image read back}
> 5a
# format, and the proof of it
> 60
< 5a
> 08
< 5a
> a3
< 5a 00
> 5a
> d4 02 00 00
> 00 00 00 00 00 06 e4 00 00 00 00 00 00 00 80 00 00
< 5a 5a 00 00 00 00 64
> 5a
< 5a 5a
> a3
< 5a 00
> 5a
> 60
< 5a
> 08
< 5a
> d6
> 0b 02 00 00 00 00 06 e4 00 00 00 00 00 00 00 00 04 00
< 5a
> 00 10 00 00
< {1 KiB of zeros} 00 00
> 5a
> db
> 01 40 00 00 00 01
< 5a
`;

/** The same host reads the first boot loader's range of a blank phone and its table, then powers the phone off. */
export const MT6580_READBACK_SESSION = `
> 60
< 5a
> 08
< 5a
> d6
> 0b 02 00 00 00 00 00 04 00 00 00 00 00 00 00 02 40 00
< 5a
> 00 10 00 00
< {flash}
< 08 00
> 5a
> a5
< a5 00 00 04 0d
> d9
< 5a
> 00 00 00 00
< 5a
`;

/**
 * The same host with an agent for phones that take only signed images, after the report: it asks for each image whether
 * it may go without a signature, has none, and ends the session. The name's tail is what lay in the host's memory.
 */
export const MT6580_SIGNED_ONLY_SESSION = `
> e0
> 00 00 00 00
< 5a
> b4
> 00 00 00 00
< {secure usb}
> be
> 6c
> 6f 67 6f
> 00 00
> 02 00
> 04
> 00
> 55
> 53
> 00
> 00
> 00 00
< 5a
> 00 00 00 00 06 e4 00 00
< 5a
> 00 00 00 00 00 01 23 49
< 5a 43 43 43 43
> d9
< 5a
> 00 00 00 00
< 5a
`;
