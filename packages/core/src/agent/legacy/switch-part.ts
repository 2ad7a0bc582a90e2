import type { Region, StorageInfo } from '../../storage/storage.js';
import { LegacyCommand } from '../../wire/index.js';
import type { Conversation } from './conversation.js';
import { partNumber } from './regions.js';

/**
 * Makes a region the one that the following command works on (docs/protocol/legacy-agent.md, "SDMMC_SWITCH_PART"). A NAND
 * has nothing to choose from.
 */
export async function selectPart(talk: Conversation, storage: StorageInfo, region: Region): Promise<void> {
  if (storage.kind === 'nand') return;
  await talk.sendByte(LegacyCommand.SDMMC_SWITCH_PART);
  await talk.ack('the acknowledgement of the region switch');
  await talk.sendByte(partNumber(storage, region));
  await talk.ack(`the switch to ${region}`);
}
