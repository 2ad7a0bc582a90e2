import type { Region } from '../../storage/storage.js';
import { LegacyCommand } from '../../wire/index.js';
import type { Conversation } from './conversation.js';
import { partOf } from './regions.js';

/** Makes a region the one that the following command works on (docs/protocol/legacy-agent.md, "SDMMC_SWITCH_PART"). */
export async function selectPart(talk: Conversation, region: Region): Promise<void> {
  await talk.sendByte(LegacyCommand.SDMMC_SWITCH_PART);
  await talk.ack('the acknowledgement of the region switch');
  await talk.sendByte(partOf(region));
  await talk.ack(`the switch to ${region}`);
}
