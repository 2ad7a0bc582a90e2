import { HANDSHAKE } from '@unbrick/core/wire';
import type { DeviceWire } from '../device/wire.js';

export interface HandshakeRules {
  /** Preloaders from MT6755/MT6757/MT6739 on swallow a repeated A0 while they wait for the second byte or later. */
  swallowsRepeatedStart: boolean;
  /** Gives up when no byte comes for this long, ms. */
  patienceMs(): number;
}

/**
 * Answers the four handshake bytes with their complement, any wrong byte with byte + 1 and a new start.
 * True when the host got through, false when it fell silent.
 */
export async function answerHandshake(wire: DeviceWire, rules: HandshakeRules): Promise<boolean> {
  let index = 0;
  while (index < HANDSHAKE.length) {
    const patience = rules.patienceMs();
    if (patience <= 0) return false;
    const received = await wire.readWithin(patience, 1);
    if (received.length === 0) return false;
    const byte = received[0] as number;
    if (byte === HANDSHAKE[index]) {
      index++;
      await wire.write(Uint8Array.of(~byte & 0xff));
    } else if (byte === HANDSHAKE[0] && index > 0 && rules.swallowsRepeatedStart) {
      index = 1;
    } else {
      index = 0;
      await wire.write(Uint8Array.of((byte + 1) & 0xff));
    }
  }
  return true;
}
