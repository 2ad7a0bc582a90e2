import { agentGeneration, agentSupported } from '../agent/launch.js';
import type { DeviceIdentity } from '../bootrom/identity.js';
import { asksForAuthorisation } from '../bootrom/target-config.js';
import type { AgentChoice } from '../firmware/agent-search.js';
import type { FirmwareFacts } from '../firmware/firmware-facts.js';
import type { OwnerCredentials } from '../security/signer.js';
import { hex } from '../wire/index.js';
import type { Finding } from './finding.js';

/** Is there a Download Agent that this phone will take, and what it needs to run? Pure. */
export function checkAgent(
  facts: FirmwareFacts,
  identity: DeviceIdentity,
  choice: AgentChoice,
  credentials: OwnerCredentials = {},
): Finding[] {
  const findings: Finding[] = [];
  const config = identity.targetConfig;
  const security = `the phone's security configuration: ${hex(config.raw)} (${describeSecurity(identity)})`;
  if (!agentSupported(identity, choice.image)) {
    return [
      {
        severity: 'blocker',
        code: 'AGENT_GENERATION_UNSUPPORTED',
        message: 'This program does not speak the protocol of this chip’s Download Agents yet.',
        evidence: [`hw_code ${hex(identity.hwCode, 4)}, generation: ${identity.chip?.agent ?? 'not known'}`],
        next: ['Use SP Flash Tool for this phone, and tell the project about the chip.'],
      },
    ];
  }
  if (!choice.image) {
    findings.push({
      severity: 'blocker',
      code: 'AGENT_MISSING',
      message: 'No Download Agent file was found that has an agent for this phone.',
      evidence: choice.rejected.map((each) => `${each.file}: ${each.why}`),
      next: [
        'Put the agent file that came with the firmware (DA_PL.bin, DA_BR.bin or MTK_AllInOne_DA.bin) beside the scatter file.',
        'Or name one: --da FILE',
      ],
    });
  } else {
    findings.push({
      severity: 'ok',
      code: 'AGENT_CHOSEN',
      message: `The Download Agent is ${choice.image.fileName} (${choice.image.description}).`,
      evidence: [...choice.why, security],
      next: [],
    });
  }
  // XML agents carry the settings of their phone's memory themselves.
  const needsEmi = agentGeneration(identity, choice.image) !== 'xml';
  if (identity.stage === 'brom' && needsEmi && !facts.preloader?.emi) {
    findings.push({
      severity: 'blocker',
      code: 'EMI_TABLE_MISSING',
      message: 'The phone is in BROM mode, and the firmware has no usable memory settings to start its RAM with.',
      evidence: [facts.preloaderError?.message ?? 'no preloader file with a memory table was found'],
      next: [
        'Connect the phone without holding keys (preloader mode): its RAM is running then.',
        'Or use a complete firmware, with its preloader file.',
      ],
    });
  }
  findings.push(...checkLocks(identity, credentials, security));
  return findings;
}

/** What the phone's locks demand of the host, and whether the owner has brought it along. */
function checkLocks(identity: DeviceIdentity, credentials: OwnerCredentials, security: string): Finding[] {
  const findings: Finding[] = [];
  const config = identity.targetConfig;
  const inBrom = identity.stage === 'brom';
  const { authorisation, certificate, signer } = credentials;
  if (inBrom && config.rootCertificate && !certificate) {
    findings.push({
      severity: 'blocker',
      code: 'CERTIFICATE_REQUIRED',
      message: 'In BROM mode this phone wants to see its maker’s certificate first, and none was given.',
      evidence: [security],
      next: [
        'Connect the phone without holding keys: in preloader mode no certificate is asked for.',
        'Look for a *.cert file in the complete firmware package of the maker: --cert FILE',
      ],
    });
  }
  if (inBrom && config.serialLinkAuthorisation && !authorisation && !signer) {
    findings.push({
      severity: 'blocker',
      code: 'SLA_REQUIRED',
      message: 'In BROM mode this phone takes an agent only from a host that its maker has authorised (SLA).',
      evidence: [security, 'neither an authorisation file (*.auth) nor a key was given'],
      next: [
        'Connect the phone without holding keys: in preloader mode the maker’s own agent (DA_PL.bin) is usually enough.',
        'If the maker gave you an authorisation file or the key: --auth FILE, --key FILE',
        'Otherwise only the maker or its service partners can authorise this; this program does not go around it.',
      ],
    });
  } else if (inBrom && asksForAuthorisation(config) && (authorisation || signer)) {
    const brought = [authorisation?.name, certificate?.name, signer?.name].filter((name) => name !== undefined);
    findings.push({
      severity: 'ok',
      code: 'OWNER_PROOF',
      message: `The phone’s boot ROM asks for its maker’s authorisation; ${brought.join(' and ')} will be shown to it.`,
      evidence: [security],
      next: [],
    });
  } else if (config.agentAuthentication) {
    findings.push({
      severity: 'warning',
      code: 'AGENT_MUST_BE_SIGNED',
      message:
        'This phone starts only agents that its own maker has signed. An agent from elsewhere will be refused, without harm.',
      evidence: [security],
      next: ['Use the agent file that came with this phone’s own firmware.'],
    });
  }
  return findings;
}

/** The security bits in words. */
export function describeSecurity(identity: DeviceIdentity): string {
  const { targetConfig: config } = identity;
  const parts = [
    config.secureBoot ? 'secure boot' : '',
    config.serialLinkAuthorisation ? 'link authorisation' : '',
    config.agentAuthentication ? 'signed agents only' : '',
    config.rootCertificate ? 'root certificate' : '',
    config.memoryReadAuthentication || config.memoryWriteAuthentication ? 'protected memory' : '',
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(', ') : 'open';
}
