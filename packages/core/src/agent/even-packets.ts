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

/** The first `length` bytes of the pieces; `onBytes` counts them. The pieces are taken to their end all the same. */
export async function* firstBytes(
  pieces: AsyncIterable<Uint8Array>,
  length: number,
  onBytes?: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let done = 0;
  for await (const piece of pieces) {
    const wanted = piece.subarray(0, length - done);
    if (wanted.length === 0) continue;
    done += wanted.length;
    onBytes?.(done);
    yield wanted;
  }
}
