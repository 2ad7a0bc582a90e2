import { UnbrickError } from '../errors/unbrick-error.js';
import type { Signer } from './signer.js';

const SERVICE =
  'Keys are not published: they come from the maker of the phone to its owner’s organisation or its service partners. Without one, ask the maker’s service.';

/** An agent wants its host to prove itself and no key is at hand. @param evidence how the agent said so */
export function agentKeyMissing(evidence: string[]): UnbrickError {
  return new UnbrickError({
    code: 'SLA_REQUIRED',
    stage: 'agent',
    message: 'The phone wants proof of its maker’s key before its Download Agent does anything, and no key was given.',
    evidence,
    next: ['If you hold the key of this phone: --key FILE (PEM, or the maker’s text form).', SERVICE],
  });
}

/** An agent did not take the answer that was made with a key. @param evidence how the agent said so */
export function agentKeyRefused(signer: Signer, evidence: string[]): UnbrickError {
  return new UnbrickError({
    code: 'SLA_REFUSED',
    stage: 'agent',
    message: `The Download Agent does not accept the answer made with ${signer.name}.`,
    evidence,
    next: ['Use the key that belongs to exactly this phone’s maker and model.', SERVICE],
  });
}

/** As {@link agentKeyMissing}, for the boot ROM's serial-link authorisation. */
export function linkKeyMissing(evidence: string[]): UnbrickError {
  return new UnbrickError({
    code: 'SLA_REQUIRED',
    stage: 'bootrom',
    message:
      'This phone’s boot ROM loads an agent only from a host that proves its maker’s key (SLA), and none was given.',
    evidence,
    next: [
      'Try preloader mode: switch the phone off and plug in without pressing any key.',
      'If you hold the key of this phone: --key FILE (PEM, or the maker’s text form).',
      SERVICE,
    ],
  });
}

/** As {@link agentKeyRefused}, for the boot ROM's serial-link authorisation. */
export function linkKeyRefused(signer: Signer, evidence: string[]): UnbrickError {
  return new UnbrickError({
    code: 'SLA_REFUSED',
    stage: 'bootrom',
    message: `The boot ROM does not accept the answer made with ${signer.name}.`,
    evidence,
    next: [
      'Use the key that belongs to exactly this phone’s maker and model.',
      'Try preloader mode: switch the phone off and plug in without pressing any key.',
      SERVICE,
    ],
  });
}
