import type { Extent, StorageInfo } from '../../storage/storage.js';
import type { TransferOptions } from '../agent.js';
import { describeExtent, expectExtent } from '../checked-extent.js';
import { eraseFlash } from './command-text.js';
import type { XmlConversation } from './conversation.js';
import { regionName } from './regions.js';
import { eraseMs } from './timeouts.js';

/**
 * ERASE-FLASH: erases the extent and tells the agent's percent as bytes.
 * @throws UnbrickError `EXTENT_INVALID`, `REGION_UNREACHABLE` before anything is sent; else as {@link XmlConversation.run}
 * See docs/protocol/xml-agent.md, "ERASE-FLASH".
 */
export async function eraseExtent(
  talk: XmlConversation,
  storage: StorageInfo,
  extent: Extent,
  { onBytes, stop }: TransferOptions,
): Promise<void> {
  expectExtent(storage, extent, 'erase', storage.blockSize);
  const name = regionName(extent.region, 'erase');
  stop?.throwIfAborted();
  await talk.do(eraseFlash(name, extent.start, extent.length), {
    stage: 'erase',
    what: `to erase ${describeExtent(extent)}`,
    requestMs: eraseMs(extent.length),
    onPercent: (percent) => onBytes?.(Math.floor((extent.length / 100) * percent)),
    ...(stop ? { stop } : {}),
  });
  onBytes?.(extent.length);
}
