import type { AgentRegion } from '../agent/start.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import { hex } from '../wire/index.js';
import { statusText } from './exchange.js';
import type { BootStage, TargetConfig } from './identity.js';
import { asksForAuthorisation } from './target-config.js';

/** Status words that speak of the agent's place or size, not of who made it. */
const PLACEMENT = new Set([
  0x1d00, 0x1d01, 0x1d02, 0x1d0e, 0x1d0f, 0x1d11, 0x1d12, 0x1d13, 0x1d14, 0x2002, 0x2006, 0x7000, 0x7001, 0x7002,
  0x7003, 0x7004,
]);
const SLA_REQUIRED = 0x1d0d;
/** To SEND_DA: an authorisation file comes first. */
const AUTH_REQUIRED = 0x7017;

/** Who refused what, as far as it is known. */
export interface RefusalContext {
  stage: BootStage | undefined;
  config: TargetConfig | undefined;
}

const OWN_AGENT = [
  "Use the agent that came with this phone's firmware: DA_PL.bin when the preloader answers, DA_BR.bin when the boot ROM does, or DA_SWSEC.bin (--da FILE).",
  'Check that the firmware is for exactly this model and region.',
];
const SERVICE =
  "If the maker does not publish a signed agent or an authorisation file, only the maker's service can help.";

/**
 * The error for a status word that refuses an agent.
 * @param when `before` its bytes were sent, `after` them (the signature was judged), or at the `jump`
 */
export function agentRefused(
  status: number,
  when: 'before' | 'after' | 'jump',
  region: AgentRegion | undefined,
  { stage, config }: RefusalContext,
): UnbrickError {
  const who = stage === 'brom' ? 'boot ROM' : stage === 'preloader' ? 'preloader' : 'phone';
  const moment = {
    before: 'before the agent was sent',
    after: 'after the whole agent had arrived',
    jump: 'when the agent was to be started',
  }[when];
  const evidence = [`the ${who} answered ${statusText(status)} ${moment}`];
  if (config) evidence.push(`target configuration ${hex(config.raw, 8)}: ${configText(config)}`);
  if (region) {
    evidence.push(
      `agent of ${region.bytes.length} bytes for address ${hex(region.address, 8)}, ${
        region.signatureLength > 0 ? `${region.signatureLength} bytes of them a signature` : 'without a signature'
      }`,
    );
  }
  if (status === SLA_REQUIRED) {
    return new UnbrickError({
      code: 'SLA_REQUIRED',
      stage: 'agent-upload',
      message:
        "This phone demands serial-link authorisation: only a tool that holds the maker's key may load an agent.",
      evidence,
      next: [
        ...(stage === 'brom' ? ['Try preloader mode: switch the phone off and plug in without pressing any key.'] : []),
        ...OWN_AGENT,
        SERVICE,
      ],
    });
  }
  if (PLACEMENT.has(status)) {
    return bromRefused('the agent', status, { stage, config }, evidence.slice(1)).with({ stage: 'agent-upload' });
  }
  const locked =
    stage === 'brom' && (status === AUTH_REQUIRED || (config !== undefined && asksForAuthorisation(config)));
  if (locked && when === 'before') {
    return new UnbrickError({
      code: 'AUTH_REQUIRED',
      stage: 'agent-upload',
      message: "This phone's boot ROM loads no agent before it has seen the maker's authorisation file.",
      evidence,
      next: [
        'Try preloader mode: switch the phone off and plug in without pressing any key.',
        'Look in the firmware for an authorisation file (auth_sv5.auth; --auth FILE) and an agent of its own (DA_BR.bin).',
        SERVICE,
      ],
    });
  }
  const reset =
    stage === 'preloader'
      ? ' The preloader now resets the phone into its boot ROM: it shows up again as 0e8d:0003 until it is switched off.'
      : '';
  return new UnbrickError({
    code: 'DA_REJECTED',
    stage: 'agent-upload',
    message: `The ${who} refused the Download Agent: it is not signed for this phone.${reset}`,
    evidence,
    next: [
      ...OWN_AGENT,
      ...(stage === 'preloader'
        ? ['Before the next try hold the power key for 15 seconds, so that the preloader answers again.']
        : locked
          ? ['Try preloader mode: switch the phone off and plug in without pressing any key.']
          : []),
      SERVICE,
    ],
  });
}

/** The error for any other command that was refused. */
export function bromRefused(
  what: string,
  status: number,
  { stage }: RefusalContext,
  evidence: string[] = [],
): UnbrickError {
  const who = stage === 'brom' ? 'boot ROM' : stage === 'preloader' ? 'preloader' : 'phone';
  return new UnbrickError({
    code: 'BROM_REFUSED',
    stage: 'bootrom',
    message: `The ${who} refused ${what}.`,
    evidence: [`it answered ${statusText(status)}`, ...evidence],
    next: [
      'Check that the Download Agent is the one for this chip.',
      'Unplug the cable, hold the power key for 15 seconds, plug in again and repeat.',
    ],
  });
}

/** The locks that are on, for people: `SBC (secure boot), DAA (agent must be signed)`. */
export function configText(config: TargetConfig): string {
  const on = [
    config.secureBoot && 'SBC (images are verified at boot)',
    config.serialLinkAuthorisation && 'SLA (the tool must prove itself)',
    config.agentAuthentication && 'DAA (the agent must be signed)',
    config.rootCertificate && 'root certificate required',
    config.memoryReadAuthentication && 'memory reads locked',
    config.memoryWriteAuthentication && 'memory writes locked',
  ].filter((text) => text !== false);
  return on.length > 0 ? on.join(', ') : 'no locks';
}
