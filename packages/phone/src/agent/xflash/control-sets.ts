/** DEVICE_CTRL sets: parameter frames, then one result. */
import { bytes, struct, text, u64, XflashStatus } from '@unbrick/core/wire';
import { AgentError } from '../flash/flash-context.js';
import { type AgentState, statusFrom } from './agent-state.js';

const EXTERNAL_SIGNATURE_LIMIT = 0x200000;
const ALL_IN_ONE_SIGNATURE_LIMIT = 0x800000;
const CERTIFICATE_LIMIT = 0x8000;
const META_BOOT_MODE_SIZE = 3;
const REGISTER_VALUE_SIZE = 8;

/** One piece of run-time switchable configuration, 328 bytes. */
const RscInfo = struct('little', { offset: u64, partition: text(64), data: bytes(256) });

export async function batteryOption(state: AgentState): Promise<void> {
  state.batteryOption = await state.channel.receiveParameter();
  await state.channel.status(XflashStatus.OK);
}

export async function checksumLevel(state: AgentState): Promise<void> {
  state.checksumLevel = await state.channel.receiveParameter();
  await state.channel.status(XflashStatus.OK);
}

export async function resetKey(state: AgentState): Promise<void> {
  state.resetKey = await state.channel.receiveParameter();
  await state.channel.status(XflashStatus.OK);
}

/** Changes a flag in a watchdog scratch register, which the virtual phone does not have. */
export async function rebootMode(state: AgentState): Promise<void> {
  await state.channel.receiveParameter();
  await state.channel.status(XflashStatus.OK);
}

/**
 * A real agent keeps the three bytes in `proinfo`. Where in it is not known, so the virtual phone leaves the partition
 * alone and only tells when it is missing.
 */
export async function metaBootMode(state: AgentState): Promise<void> {
  await state.channel.receiveBlock(META_BOOT_MODE_SIZE);
  await state.channel.status(
    await statusFrom(state, async () => {
      await requirePartition(state, 'proinfo');
    }),
  );
}

/** The build's list of registers is empty on a virtual phone. */
export async function registerValue(state: AgentState): Promise<void> {
  await state.channel.receiveBlock(REGISTER_VALUE_SIZE);
  await state.channel.status(XflashStatus.REGISTER_FORBIDDEN);
}

export async function externalSignature(state: AgentState): Promise<void> {
  await state.channel.receiveText(EXTERNAL_SIGNATURE_LIMIT);
  await state.channel.status(XflashStatus.OK);
}

/** Without a maker's library there is nothing to check. */
export const remoteSecurityPolicy = externalSignature;

/** Once a session: the second time it is refused without looking at the parameter frame. */
export async function allInOneSignature(state: AgentState): Promise<void> {
  if (state.allInOneSignature) {
    await state.channel.status(XflashStatus.SIGNATURE_ALREADY_SET);
    return;
  }
  await state.channel.receiveText(ALL_IN_ONE_SIGNATURE_LIMIT);
  state.allInOneSignature = true;
  await state.channel.status(XflashStatus.OK);
}

export async function certificate(state: AgentState): Promise<void> {
  await state.channel.receiveText(CERTIFICATE_LIMIT);
  await state.channel.status(XflashStatus.OK);
}

export async function rscInfo(state: AgentState): Promise<void> {
  const block = await state.channel.receiveBlock(RscInfo.size);
  await state.channel.status(
    await statusFrom(state, async () => {
      const { offset, partition: name, data } = parseRscInfo(block);
      const partition = await requirePartition(state, name);
      if (offset + data.length > partition.size) throw new AgentError(XflashStatus.IMAGE_TOO_LARGE);
      await state.session.storage.write(partition.region, partition.start + offset, data);
    }),
  );
}

function parseRscInfo(block: Uint8Array) {
  try {
    return RscInfo.parse(block);
  } catch (error) {
    // An offset beyond any storage: what rubbish in a block that was never received looks like.
    if (error instanceof RangeError) throw new AgentError(XflashStatus.PARTITION_NOT_FOUND);
    throw error;
  }
}

async function requirePartition(state: AgentState, name: string) {
  if ((await state.tables.partitions()) === undefined) throw new AgentError(XflashStatus.NO_GPT);
  const partition = await state.tables.find(name);
  if (partition === undefined) throw new AgentError(XflashStatus.PARTITION_NOT_FOUND);
  return partition;
}
