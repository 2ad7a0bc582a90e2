import { keyBytes, type RsaPrivateKey, rsaPrivate } from './rsa.js';
import { padOaep, padType1 } from './rsa-padding.js';
import type { Signer } from './signer.js';

/**
 * Signs with a private key at hand, the way the known makers do: for the boot ROM with PKCS#1 type 1 padding, for an agent
 * with OAEP; then the private exponent. See docs/protocol/bootrom.md, "SLA", and docs/protocol/xflash-agent.md, "SLA".
 */
export function rsaSigner(name: string, key: RsaPrivateKey): Signer {
  return {
    name,
    sign: async ({ purpose, message }) => {
      const length = keyBytes(key);
      const block = purpose === 'boot-rom' ? padType1(message, length) : await padOaep(message, length);
      return rsaPrivate(key, block);
    },
  };
}
