import { UnbrickError } from '../../errors/unbrick-error.js';
import type { EmiEntry, EmiTable } from '../../firmware/emi-table.js';
import { encode, hexBytes, u32, XflashCommand, XflashStatus } from '../../wire/index.js';
import { beginCommand } from './command.js';
import type { XflashChannel } from './frame.js';
import { describeStatus, refused } from './status.js';
import { XFLASH_TIMEOUT } from './timeouts.js';

/** Stage 1 runs in on-chip memory and takes the table one USB packet at a time. */
const PIECE = 0x200;
const LISTED_CHIPS = 12;
/** Words with which agents and hosts say that the memory does not work with these settings. */
const SET_UP_FAILED: ReadonlySet<number> = new Set([
  XflashStatus.EMI_TOO_MANY_RECORDS,
  XflashStatus.DRAM_SETUP_FAILED,
  XflashStatus.DRAM_TEST_FAILED,
]);

/**
 * INIT_EXT_RAM: brings up the phone's memory with the table of its preloader. Only for a phone that was caught in BROM; a
 * preloader has done it already.
 * @throws UnbrickError, stage `dram`: `EMI_TABLE_MISSING`, `EMI_VERSION_MISMATCH`, `DRAM_SETUP_FAILED`
 * See docs/protocol/xflash-agent.md, "INIT_EXT_RAM".
 */
export async function setUpDram(
  channel: XflashChannel,
  emi: EmiTable | undefined,
  onBytes?: (bytes: number, total: number) => void,
): Promise<void> {
  if (!emi || emi.blob.length === 0) throw tableMissing();
  const total = emi.blob.length;
  onBytes?.(0, total);
  await beginCommand(channel, XflashCommand.INIT_EXT_RAM, 'dram');
  await channel.send(encode(u32, 'little', total));
  await channel.sendInPieces(emi.blob, PIECE);
  let status: number;
  try {
    status = await channel.status({
      timeoutMs: XFLASH_TIMEOUT.dram,
      what: 'the result of the memory set-up',
      stage: 'dram',
    });
  } catch (cause) {
    // The agent loops for ever when no record fits or training fails: silence is its only way to say so.
    if (cause instanceof UnbrickError && cause.code === 'PHONE_SILENT') throw setUpFailed(emi, cause);
    throw cause;
  }
  if (status === XflashStatus.DRAM_VERSION_MISMATCH) throw versionMismatch(emi, status);
  if (SET_UP_FAILED.has(status)) {
    throw setUpFailed(emi, undefined, `the agent answered ${describeStatus(status)}`);
  }
  if (status !== 0) throw refused(status, { stage: 'dram', what: 'to set up the memory' });
  onBytes?.(total, total);
}

/** One memory chip of a preloader's table, for people: `LPDDR3, eMMC MCP 150100 (5 bytes of id), 2048 MiB`. */
export function describeChip({ dramKind, storageClass, id, ramSize }: EmiEntry): string {
  const parts = [DRAM_KINDS[dramKind] ?? `memory kind ${dramKind}`];
  const text = String.fromCharCode(...id.filter((byte) => byte >= 0x20 && byte < 0x7f));
  const name = id.length > 0 ? ` ${hexBytes(id)}${text.length >= 3 ? ` "${text}"` : ''}` : '';
  parts.push(`${STORAGE_CLASSES[storageClass] ?? `storage class ${storageClass}`}${name}`);
  if (ramSize > 0) parts.push(`${Math.round(ramSize / 0x100000)} MiB`);
  return parts.join(', ');
}

const DRAM_KINDS: Record<number, string> = {
  1: 'DDR1',
  2: 'LPDDR2',
  3: 'LPDDR3',
  4: 'PC-DDR3',
  5: 'LPDDR4',
  6: 'LPDDR4X',
};
const STORAGE_CLASSES: Record<number, string> = {
  0: 'separate memory chip',
  1: 'NAND MCP',
  2: 'eMMC MCP',
  3: 'UFS MCP',
  15: 'any storage',
};

function chips({ entries }: EmiTable): string[] {
  const listed = entries.slice(0, LISTED_CHIPS).map((entry) => `the preloader knows: ${describeChip(entry)}`);
  return entries.length > LISTED_CHIPS ? [...listed, `and ${entries.length - LISTED_CHIPS} more`] : listed;
}

function table({ fileName, version, entries }: EmiTable): string {
  return `memory table v${version} of ${fileName || 'the preloader'}, ${entries.length} memory chips`;
}

function tableMissing(): UnbrickError {
  return new UnbrickError({
    code: 'EMI_TABLE_MISSING',
    stage: 'dram',
    message:
      'The phone is in BROM mode, where its memory is off, and the firmware gives no memory settings to start it.',
    evidence: ['no memory table (MTK_BLOADER_INFO) of a preloader file is at hand'],
    next: [
      'Use a firmware folder that holds the preloader file of exactly this phone.',
      'Or connect in preloader mode (phone switched off, no key held): there the memory is on already.',
    ],
  });
}

function versionMismatch(emi: EmiTable, status: number): UnbrickError {
  return new UnbrickError({
    code: 'EMI_VERSION_MISMATCH',
    stage: 'dram',
    message: 'Preloader and Download Agent are of different generations: the agent does not read this memory table.',
    evidence: [table(emi), `the agent answered ${describeStatus(status)}`],
    next: [
      'Use the Download Agent that came with this firmware, or one made for the same chip at about the same date.',
      'Check that the firmware is for this phone’s chip.',
      'Or connect in preloader mode (phone switched off, no key held), where no memory table is needed.',
    ],
  });
}

function setUpFailed(
  emi: EmiTable,
  cause?: UnbrickError,
  seen = 'the agent fell silent, which is how it fails',
): UnbrickError {
  return new UnbrickError({
    code: 'DRAM_SETUP_FAILED',
    stage: 'dram',
    message: 'The phone’s memory did not start with the settings of this firmware’s preloader.',
    evidence: [
      seen,
      'which memory chip the phone has is not known at this point',
      table(emi),
      ...chips(emi),
      ...(cause?.evidence ?? []),
    ],
    next: [
      'Connect in preloader mode instead (phone switched off, no key held): there the memory is on already.',
      'Use the firmware of the other memory variant of this model: the preloader of this one does not list the phone’s chip.',
      'Unplug, hold the power key for 15 seconds and repeat once; with an empty battery, charge first.',
    ],
    ...(cause ? { cause } : {}),
  });
}
