import type { Extent, StorageInfo } from '../storage/storage.js';

/**
 * Linux' driver for serial USB devices asks a phone at high speed for two packets of 512 bytes at once, and agents mark no end
 * with an empty packet. So data of an odd number of full packets stay in the driver until more data come, which agents that
 * wait for an acknowledgement never send.
 */
const DRIVER_READ = 1024;
const PACKET = 512;

/** The extent, made longer by one packet where its data would be an odd number of full packets and the region goes on. */
export function inEvenPackets(storage: StorageInfo, extent: Extent): Extent {
  const length = extent.length + PACKET;
  const room = (storage.regions.get(extent.region) ?? 0) - extent.start;
  return extent.length % DRIVER_READ === PACKET && length <= room ? { ...extent, length } : extent;
}

/**
 * `length` bytes of the pieces, from `skip` on; `onBytes` counts them. The pieces are taken to their end all the same: what was
 * not wanted has to come from the phone too.
 */
export async function* wantedBytes(
  pieces: AsyncIterable<Uint8Array>,
  { skip = 0, length }: { skip?: number; length: number },
  onBytes?: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let unwanted = skip;
  let done = 0;
  for await (const piece of pieces) {
    const wanted = piece.subarray(unwanted, unwanted + length - done);
    unwanted = Math.max(0, unwanted - piece.length);
    if (wanted.length === 0) continue;
    done += wanted.length;
    onBytes?.(done);
    yield wanted;
  }
}
