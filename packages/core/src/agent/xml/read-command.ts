import type { Extent, StorageInfo } from '../../storage/storage.js';
import type { TransferOptions } from '../agent.js';
import { describeExtent, expectExtent } from '../checked-extent.js';
import { inEvenPackets, wantedBytes } from '../even-packets.js';
import { memoryFile, readFlash } from './command-text.js';
import type { XmlConversation } from './conversation.js';
import { regionName } from './regions.js';

/**
 * READ-FLASH: the extent's bytes in the agent's packets. Whole blocks are asked for, and what was not wanted is cut off: no
 * description says that agents take other places.
 * @throws UnbrickError `EXTENT_INVALID`, `REGION_UNREACHABLE` before anything is sent; else as {@link XmlConversation.run}
 * See docs/protocol/xml-agent.md, "READ-FLASH".
 */
export async function* readExtent(
  talk: XmlConversation,
  storage: StorageInfo,
  extent: Extent,
  { onBytes, stop }: TransferOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  expectExtent(storage, extent, 'agent');
  const name = regionName(extent.region, 'agent');
  const { blockSize } = storage;
  const start = Math.floor(extent.start / blockSize) * blockSize;
  const whole = Math.min(
    Math.ceil((extent.start + extent.length) / blockSize) * blockSize,
    storage.regions.get(extent.region) as number,
  );
  const end = start + inEvenPackets(storage, { ...extent, start, length: whole - start }).length;
  stop?.throwIfAborted();
  const path = memoryFile(end - start);
  const packets = talk.run(readFlash(name, start, end - start, path), {
    stage: 'agent',
    what: `to read ${describeExtent(extent)}`,
    target: { path, exactly: end - start },
    ...(stop ? { stop } : {}),
  });
  yield* wantedBytes(packets, { skip: extent.start - start, length: extent.length }, onBytes);
}
