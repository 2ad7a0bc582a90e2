import { type Stage, UnbrickError } from '../errors/unbrick-error.js';
import type { Signer, SigningRequest } from './signer.js';

/** Lets the signer answer. @throws UnbrickError `SIGNER_FAILED`, and any UnbrickError of the signer itself */
export async function askSigner(signer: Signer, request: SigningRequest, stage: Stage): Promise<Uint8Array> {
  try {
    return await signer.sign(request);
  } catch (cause) {
    if (cause instanceof UnbrickError) throw cause;
    throw new UnbrickError({
      code: 'SIGNER_FAILED',
      stage,
      message: `${signer.name} could not sign the phone’s challenge.`,
      evidence: [
        `the message to sign has ${request.message.length} bytes`,
        cause instanceof Error ? cause.message : String(cause),
      ],
      next: ['Check that the key is the one for this phone: phones use RSA keys of 1024 to 3072 bits.'],
      cause,
    });
  }
}
