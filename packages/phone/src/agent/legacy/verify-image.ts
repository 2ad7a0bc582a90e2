import { encode, LegacyByte, LegacyCommand, LegacyVerifyImage, u64 } from '@unbrick/core/wire';
import { storageRefusal } from './address-range.js';
import { halfword, word } from './host-line.js';
import { logCommand, type Stage2 } from './stage2-state.js';

/** Stands in for a sum when the storage is not there. */
const NO_STORAGE = 0xdead;

/**
 * VERIFY_IMG_CHKSUM: compares the host's sum with what the last write command read back from the flash. Without reading
 * back there is nothing to compare, and the sum is 0.
 */
export async function verifyImage(agent: Stage2): Promise<void> {
  const { host } = agent;
  const { storage, address, length, checksum, name } = await host.layout(LegacyVerifyImage, ['address', 'length']);
  logCommand(agent, LegacyCommand.VERIFY_IMAGE_CHECKSUM, false, { address, length, name });
  if (storageRefusal(agent.session.storage.kind, storage) !== undefined) {
    return host.send(Uint8Array.of(LegacyByte.NACK), halfword(NO_STORAGE));
  }
  await host.send(word(0), Uint8Array.of(100), encode(u64, 'big', length));
  await host.u8();
  if (checksum === agent.readBackSum) return host.ack();
  await host.send(Uint8Array.of(LegacyByte.NACK), halfword(agent.readBackSum));
}
