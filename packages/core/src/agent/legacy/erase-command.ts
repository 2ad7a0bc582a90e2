import { UnbrickError } from '../../errors/unbrick-error.js';
import type { Extent, StorageInfo } from '../../storage/storage.js';
import {
  decode,
  hex,
  LegacyByte,
  LegacyCommand,
  LegacyError,
  LegacyFormat,
  LegacyNandError,
  u64,
} from '../../wire/index.js';
import type { TransferOptions } from '../agent.js';
import type { Conversation } from './conversation.js';
import { describeExtent, storageNumber } from './regions.js';
import { nameOfWord } from './status-words.js';
import { selectPart } from './switch-part.js';

/**
 * Longest run of one FORMAT command, and what its ends are aligned to. eMMC agents read the host's cancel byte but do not
 * obey it, so a stop takes effect between commands; the alignment keeps them on the erase groups of the chip.
 */
const COMMAND_SIZE = 256 * 2 ** 20;

/**
 * Erases an extent that was checked to lie in its region and to start on a block
 * (docs/protocol/legacy-agent.md, "FORMAT").
 * @throws UnbrickError `FORMAT_PARTIAL` when places could not be erased
 */
export async function eraseExtent(
  talk: Conversation,
  storage: StorageInfo,
  extent: Extent,
  options: TransferOptions = {},
): Promise<void> {
  const end = extent.start + extent.length;
  const failures: Failure[] = [];
  for (let at = extent.start; at < end; ) {
    options.stop?.throwIfAborted();
    const commandEnd = Math.min(end, (Math.floor(at / COMMAND_SIZE) + 1) * COMMAND_SIZE);
    const run = { region: extent.region, start: at, length: commandEnd - at };
    const before = at - extent.start;
    failures.push(...(await formatCommand(talk, storage, run, (bytes) => options.onBytes?.(before + bytes))));
    options.onBytes?.(commandEnd - extent.start);
    at = commandEnd;
  }
  if (failures.length > 0) throw partial(extent, failures);
}

interface Failure {
  status: number;
  address: number;
}

async function formatCommand(
  talk: Conversation,
  storage: StorageInfo,
  run: Extent,
  onBytes: (bytes: number) => void,
): Promise<Failure[]> {
  talk.doing = { stage: 'erase', what: `erasing ${describeExtent(run)}` };
  await selectPart(talk, storage, run.region);
  await talk.send(
    Uint8Array.of(LegacyCommand.FORMAT),
    LegacyFormat.build({
      storage: storageNumber(storage.kind),
      eraseFlag: 0,
      validation: 0,
      addressType: 0,
      address: run.start,
      length: run.length,
    }),
  );
  await talk.ack('the permission to erase');
  await talk.ack('the check of the range');
  const failures: Failure[] = [];
  for (;;) {
    const status = await talk.u32('the progress of the erase', talk.timeouts.eraseStep);
    if (status !== 0 && status !== LegacyError.DA_IN_PROGRESS) {
      const failure = { status, address: await address(talk) };
      const verdict = await talk.byte('whether the erase goes on');
      // A NAND chip is born with bad blocks; leaving them alone is right.
      const harmless = storage.kind === 'nand' && status === LegacyNandError.BAD_BLOCK && verdict === LegacyByte.CONT;
      if (!harmless) failures.push(failure);
      if (verdict === LegacyByte.CONT) continue;
      if (verdict === LegacyByte.STOP) return failures;
      throw talk.outOfStep(`a failed erase step was followed by ${hex(verdict, 2)}`);
    }
    const percent = await talk.byte('the progress of the erase');
    onBytes(Math.floor((run.length * Math.min(percent, 100)) / 100));
    await talk.sendByte(LegacyByte.ACK);
    if (status === 0) break;
  }
  await readStatistics(talk);
  return failures;
}

/**
 * First a byte that says whether statistics follow, then the post-process byte. Real agents send the second also without
 * statistics; one that does not must not block the job.
 */
async function readStatistics(talk: Conversation): Promise<void> {
  const none = await talk.byte('the end of the erase', talk.timeouts.postProcess);
  // u64 address, u64 length, u32 blocks, u32 bad blocks, u32 failed blocks.
  if (none !== LegacyByte.ACK) await talk.bytes(28, 'the statistics of the erase');
  let post: number;
  try {
    post = await talk.byte('the post-process of the erase', talk.timeouts.postProcess);
  } catch (error) {
    if (error instanceof UnbrickError && error.code === 'PHONE_SILENT') return;
    throw error;
  }
  if (post === LegacyByte.NACK) {
    await talk.byte('the end of the post-process of the erase', talk.timeouts.postProcessRunning);
  }
}

async function address(talk: Conversation): Promise<number> {
  const raw = await talk.bytes(8, 'the address that could not be erased');
  try {
    return decode(u64, 'big', raw);
  } catch (cause) {
    throw talk.outOfStep('the address of a failed erase step is beyond any storage', cause);
  }
}

function partial(extent: Extent, failures: Failure[]): UnbrickError {
  const shown = failures.slice(0, 8).map(({ status, address: at }) => `at ${hex(at)}: ${nameOfWord(status)}`);
  const more = failures.length - shown.length;
  return new UnbrickError({
    code: 'FORMAT_PARTIAL',
    stage: 'erase',
    message: `Part of the storage could not be erased (${describeExtent(extent)}).`,
    evidence: [...shown, ...(more > 0 ? [`and ${more} more places`] : [])],
    next: [
      'Repeat once. If the same addresses fail again, the storage chip is worn out: back up what still reads, then see a repair shop.',
    ],
  });
}
