import { askSigner } from '../security/ask-signer.js';
import { linkKeyRefused } from '../security/key-refusals.js';
import type { Signer, SigningRequest } from '../security/signer.js';
import { BootCommand } from '../wire/index.js';
import { type Exchange, isRefusal, outOfStep, statusText } from './exchange.js';

/** "There is nothing to authorise": it was done before, or this phone does not ask. */
const NOT_NEEDED = 0x7017;
/** Real challenges have 16 bytes. */
const LONGEST_CHALLENGE = 0x1000;
/** The boot ROM computes with the key before it answers; the genuine host waits 30 s. */
const VERDICT_TIMEOUT_MS = 30_000;

/** What a signer has to sign for this challenge. */
export type RequestFor = (challenge: Uint8Array) => SigningRequest;

/**
 * SLA: takes a challenge from the boot ROM and gives the signer's answer to it (docs/protocol/bootrom.md, "SLA"). Both
 * travel with the two bytes of each 16-bit word swapped.
 * @throws UnbrickError `SLA_REFUSED` when the phone does not accept the answer; what the signer throws
 */
export async function proveKey(exchange: Exchange, signer: Signer, requestFor: RequestFor): Promise<void> {
  const { link } = exchange;
  await exchange.command(BootCommand.SLA, 'SLA');
  const start = await exchange.read16('whether it gives a challenge');
  if (start === NOT_NEEDED) return;
  if (isRefusal(start)) throw linkKeyRefused(signer, [`it answered ${statusText(start)} before any challenge`]);
  const length = await exchange.read32('the length of its challenge');
  if (length === 0 || length > LONGEST_CHALLENGE) throw outOfStep([`it announced a challenge of ${length} bytes`]);
  const challenge = swapPairs(await link.read(length, { timeoutMs: exchange.replyTimeoutMs, what: 'its challenge' }));
  const answer = await askSigner(signer, requestFor(challenge), 'bootrom');
  await exchange.argument32(answer.length, 'the length of the answer');
  const taken = await exchange.read16('whether it takes the answer');
  if (isRefusal(taken)) {
    throw linkKeyRefused(signer, [`it answered ${statusText(taken)} to an answer of ${answer.length} bytes`]);
  }
  await link.write(swapPairs(answer));
  const verdict = await exchange.read16('its verdict on the answer', VERDICT_TIMEOUT_MS);
  if (isRefusal(verdict)) throw linkKeyRefused(signer, [`it answered ${statusText(verdict)} to the signed challenge`]);
}

/** The two bytes of each pair change places; a single last byte stays. */
export function swapPairs(bytes: Uint8Array): Uint8Array {
  const swapped = bytes.slice();
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    swapped[i] = bytes[i + 1] as number;
    swapped[i + 1] = bytes[i] as number;
  }
  return swapped;
}
