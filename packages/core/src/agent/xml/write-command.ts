import { UnbrickError } from '../../errors/unbrick-error.js';
import { bootRegions, type Extent, type StorageInfo } from '../../storage/storage.js';
import type { TransferOptions } from '../agent.js';
import { describeExtent, expectExtent } from '../checked-extent.js';
import { type CommandText, memoryFile, writeFlash, writePartition } from './command-text.js';
import type { XmlConversation } from './conversation.js';
import { PrimedSource } from './primed-source.js';
import { regionName } from './regions.js';
import { eraseMs } from './timeouts.js';

/** Space the device header takes in front of the preloader: 0x800 on eMMC, 0x1000 on UFS. */
const DEVICE_HEADER = 0x1000;

/**
 * WRITE-FLASH: raw bytes to a place of a region. The agent erases the place first.
 * @throws UnbrickError `EXTENT_INVALID`, `REGION_UNREACHABLE`, and what the source throws, before anything is sent; else as
 * {@link XmlConversation.run}
 * See docs/protocol/xml-agent.md, "WRITE-FLASH".
 */
export async function writeExtent(
  talk: XmlConversation,
  storage: StorageInfo,
  extent: Extent,
  data: AsyncIterable<Uint8Array>,
  options: TransferOptions,
): Promise<void> {
  expectExtent(storage, extent, 'write', storage.blockSize);
  const name = regionName(extent.region, 'write');
  const command = (path: string) => writeFlash(name, extent.start, path);
  await sendSource(talk, command, `to write ${describeExtent(extent)}`, extent.length, new PrimedSource(data), options);
}

/**
 * WRITE-PARTITION of `preloader`: the agent finds the boot area and makes the device header. A stop is looked at only before
 * the start: a preloader written by half is the one thing that keeps a phone from starting.
 * @throws as {@link writeExtent}
 * See docs/protocol/xml-agent.md, "WRITE-PARTITION".
 */
export async function writePreloaderFile(
  talk: XmlConversation,
  storage: StorageInfo,
  file: Uint8Array,
  { onBytes, stop }: TransferOptions,
): Promise<void> {
  stop?.throwIfAborted();
  expectRoom(storage, file);
  const command = (path: string) => writePartition('preloader', path);
  const what = `to write the preloader (${file.length} bytes)`;
  await sendSource(talk, command, what, file.length, PrimedSource.of(file), onBytes ? { onBytes } : {});
}

async function sendSource(
  talk: XmlConversation,
  command: (path: string) => CommandText,
  what: string,
  length: number,
  data: PrimedSource,
  { onBytes, stop }: TransferOptions,
): Promise<void> {
  try {
    stop?.throwIfAborted();
    await data.prime();
  } catch (cause) {
    await data.close();
    throw cause;
  }
  const path = memoryFile(length);
  await talk.do(command(path), {
    stage: 'write',
    what,
    source: { path, length, data },
    // The place is erased first.
    requestMs: eraseMs(length),
    ...(onBytes ? { onBytes } : {}),
    ...(stop ? { stop } : {}),
  });
}

function expectRoom(storage: StorageInfo, file: Uint8Array): void {
  const region = bootRegions(storage.kind)[0];
  const size = (region && storage.regions.get(region)) ?? 0;
  if (file.length > 0 && file.length + DEVICE_HEADER <= size) return;
  throw new UnbrickError({
    code: 'EXTENT_INVALID',
    stage: 'write',
    message: `A preloader of ${file.length} bytes does not fit the phone's boot area.`,
    evidence: [`${region ?? 'a boot area'} has ${size} bytes, ${DEVICE_HEADER} of them for the device header`],
    next: ['Use the preloader file of exactly this phone, in the plain form that firmware folders have.'],
  });
}
