import { UnbrickError } from '../errors/unbrick-error.js';
import { linkKeyMissing } from '../security/key-refusals.js';
import type { OwnerCredentials, Signer } from '../security/signer.js';
import { BootCommand, concat } from '../wire/index.js';
import type { BootRom } from './commands.js';
import type { DeviceIdentity } from './identity.js';
import { configText } from './refusals.js';
import { asksForAuthorisation } from './target-config.js';

/**
 * Satisfies the locks of a boot ROM with what the owner has brought along, in the order of the maker's own tool: root
 * certificate, authorisation file, and, while link authorisation is still demanded, an answer to its challenge. A preloader
 * asks for none of this. See docs/protocol/bootrom.md, "Sequences used by real hosts".
 * @returns the identity with the target configuration as it is now
 * @throws UnbrickError `CERTIFICATE_REQUIRED`, `SLA_REQUIRED` naming what is missing; `BROM_REFUSED`, `SLA_REFUSED` when the
 *   phone does not take it
 */
export async function authoriseHost(
  bootRom: BootRom,
  identity: DeviceIdentity,
  credentials: OwnerCredentials,
  note: (message: string) => void = () => {},
): Promise<DeviceIdentity> {
  if (identity.stage !== 'brom') return identity;
  const { certificate, authorisation, signer } = credentials;
  let config = identity.targetConfig;
  if (config.rootCertificate) {
    if (!certificate) throw certificateMissing(identity);
    note(`Sending the certificate ${certificate.name}.`);
    await bootRom.sendCertificate(certificate.bytes);
  }
  if (asksForAuthorisation(config)) {
    if (authorisation) {
      note(`Sending the authorisation file ${authorisation.name}.`);
      await bootRom.sendAuthorisation(authorisation.bytes);
      config = await bootRom.readConfig();
    }
    if (config.serialLinkAuthorisation) {
      if (!signer) {
        throw linkKeyMissing([
          `the boot ROM’s locks: ${configText(config)}`,
          authorisation ? `${authorisation.name} was taken, but does not lift SLA` : 'no authorisation file was given',
        ]);
      }
      note(`Proving the key ${signer.name}.`);
      await proveInEitherForm(bootRom, identity, signer);
    }
  }
  return { ...identity, targetConfig: config };
}

/**
 * Makers sign the challenge alone, or with the phone's SOC_ID before it. Tools of the XML generation do the latter, older
 * ones the former; the other form is tried when the phone refuses the first.
 */
async function proveInEitherForm(bootRom: BootRom, identity: DeviceIdentity, signer: Signer): Promise<void> {
  const socId = identity.chip?.agent === 'legacy' ? undefined : await bootRom.readId(BootCommand.GET_SOC_ID);
  const forms = [false, ...(socId ? [true] : [])];
  if (identity.chip?.agent === 'xml') forms.reverse();
  let refusal: unknown;
  for (const withSocId of forms) {
    try {
      return await bootRom.proveKey(signer, (challenge) => ({
        purpose: 'boot-rom',
        message: withSocId && socId ? concat(socId, challenge) : challenge,
        ...(socId ? { socId } : {}),
      }));
    } catch (cause) {
      if (!(cause instanceof UnbrickError) || cause.code !== 'SLA_REFUSED') throw refusal ?? cause;
      refusal = cause;
    }
  }
  throw refusal;
}

function certificateMissing(identity: DeviceIdentity): UnbrickError {
  return new UnbrickError({
    code: 'CERTIFICATE_REQUIRED',
    stage: 'bootrom',
    message: 'This phone’s boot ROM wants to see its maker’s certificate first, and none was given.',
    evidence: [`the boot ROM’s locks: ${configText(identity.targetConfig)}`],
    next: [
      'Try preloader mode: switch the phone off and plug in without pressing any key.',
      'Look for a *.cert file in the complete firmware package of the maker: --cert FILE',
      'If the maker does not publish one, only the maker’s service can help.',
    ],
  });
}
