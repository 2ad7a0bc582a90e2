import type { AgentRegion } from '../agent/start.js';
import { UnbrickError } from '../errors/unbrick-error.js';
import { type Link, LinkClosedError } from '../link/link.js';
import type { Signer } from '../security/signer.js';
import { BootCommand, hex, hexBytes, xor16 } from '../wire/index.js';
import { Exchange, isRefusal, outOfStep } from './exchange.js';
import { identify } from './identify.js';
import type { BootStage, DeviceIdentity, TargetConfig } from './identity.js';
import { proveKey, type RequestFor } from './link-authorisation.js';
import { agentRefused, bromRefused } from './refusals.js';
import { decodeTargetConfig } from './target-config.js';

/** Piece in which an agent is written; the genuine host uses up to 64 KiB. Even, as the checksum needs. */
const UPLOAD_PIECE = 64 * 1024;
/** Checking the signature of an agent may take the phone a while; the genuine host waits 30 s. */
const VERIFY_TIMEOUT_MS = 30_000;
const NO_AUTH_NEEDED = 0x1d0c;

/** Called as bytes of an upload are done. */
export type OnUpload = (bytes: number, total: number) => void;

export interface BootRomOptions {
  /** Milliseconds a reply may take. */
  replyTimeoutMs?: number;
  onNote?: (message: string) => void;
}

/**
 * The command loop of a boot ROM or preloader, after the handshake: docs/protocol/bootrom.md, "Commands".
 * One call at a time. Every method throws UnbrickError: `ECHO_MISMATCH`, `PHONE_SILENT`, `PHONE_GONE`, and what it names.
 */
export class BootRom {
  readonly link: Link;
  readonly #exchange: Exchange;
  readonly #note: (message: string) => void;
  #stage: BootStage | undefined;
  #config: TargetConfig | undefined;
  #bootloaderVersion: number | undefined;

  constructor(link: Link, { onNote = () => {}, replyTimeoutMs }: BootRomOptions = {}) {
    this.link = link;
    link.stage = 'bootrom';
    this.#exchange = new Exchange(link, replyTimeoutMs);
    this.#note = onNote;
  }

  /** Everything the phone tells about itself; also stops the boot ROM's watchdog. See {@link identify}. */
  async identify(): Promise<DeviceIdentity> {
    const identity = await identify(this, this.#note);
    this.#config = identity.targetConfig;
    return identity;
  }

  /** Which program answers, and its version byte: 0xFE from a boot ROM, 1 to 3 from a preloader. */
  async readBootloaderVersion(): Promise<{ stage: BootStage; version: number }> {
    await this.link.write(Uint8Array.of(BootCommand.GET_BL_VER));
    const version = await this.#exchange.readByte('its boot loader version');
    this.#stage = version === BootCommand.GET_BL_VER ? 'brom' : 'preloader';
    this.#bootloaderVersion = version;
    return { stage: this.#stage, version };
  }

  /** Boot ROM only: its protocol version, 0xFF when it has none. The answer is not an echo. */
  async readBootRomVersion(): Promise<number> {
    await this.link.write(Uint8Array.of(BootCommand.GET_VERSION));
    return this.#exchange.readByte('its boot ROM version');
  }

  /** @throws UnbrickError `BROM_REFUSED` */
  async readHwCode(): Promise<number> {
    await this.#exchange.command(BootCommand.GET_HW_CODE, 'GET_HW_CODE');
    const hwCode = await this.#exchange.read16('its chip code');
    this.#accept(await this.#exchange.read16('the status of GET_HW_CODE'), 'to tell its chip code');
    return hwCode;
  }

  /** @throws UnbrickError `BROM_REFUSED` */
  async readVersions(): Promise<{ hwSubCode: number; hwVersion: number; swVersion: number }> {
    await this.#exchange.command(BootCommand.GET_HW_SW_VER, 'GET_HW_SW_VER');
    const hwSubCode = await this.#exchange.read16('its chip sub-code');
    const hwVersion = await this.#exchange.read16('its chip version');
    const swVersion = await this.#exchange.read16('its boot ROM revision');
    this.#accept(await this.#exchange.read16('the status of GET_HW_SW_VER'), 'to tell its chip versions');
    return { hwSubCode, hwVersion, swVersion };
  }

  /** The word of GET_TARGET_CONFIG. @throws UnbrickError `BROM_REFUSED` */
  async readTargetConfig(): Promise<number> {
    await this.#exchange.command(BootCommand.GET_TARGET_CONFIG, 'GET_TARGET_CONFIG');
    const raw = await this.#exchange.read32('its target configuration');
    this.#accept(await this.#exchange.read16('the status of GET_TARGET_CONFIG'), 'to tell its target configuration');
    return raw;
  }

  /**
   * One of the identifiers, in wire order; undefined when the phone says it has none.
   * @throws UnbrickError `PHONE_SILENT` when the command is unknown to the phone
   */
  async readId(opcode: typeof BootCommand.GET_ME_ID | typeof BootCommand.GET_SOC_ID): Promise<Uint8Array | undefined> {
    const name = opcode === BootCommand.GET_ME_ID ? 'GET_ME_ID' : 'GET_SOC_ID';
    await this.#exchange.command(opcode, name);
    // A phone that only echoes the opcode does not know it, so this is not worth a long wait. A boot ROM that has no SOC_ID
    // is common.
    const patience = this.#exchange.replyTimeoutMs / (opcode === BootCommand.GET_SOC_ID ? 10 : 3);
    const length = await this.#exchange.read32(`the length of ${name}`, patience);
    if (length > 64) throw outOfStep([`${name} announced ${length} bytes`]);
    const id = await this.link.read(length, {
      timeoutMs: this.#exchange.replyTimeoutMs,
      what: `the answer of ${name}`,
    });
    const status = await this.#exchange.read16(`the status of ${name}`);
    return status === 0 && length > 0 ? id : undefined;
  }

  /** Writes one register. Boot ROMs answer 0 or 1 for success. @throws UnbrickError `BROM_REFUSED` */
  async writeRegister(address: number, value: number, widthBits: 16 | 32): Promise<void> {
    const what = `to write ${hex(value, widthBits / 4)} to ${hex(address, 8)}`;
    const opcode = widthBits === 32 ? BootCommand.WRITE32 : BootCommand.WRITE16;
    await this.#exchange.command(opcode, `WRITE${widthBits}`);
    await this.#exchange.argument32(address, 'the address');
    await this.#exchange.argument32(1, 'the count');
    // A refusal is one status word; the second one follows only a success.
    this.#accept(await this.#exchange.read16('the first status of the write'), what);
    if (widthBits === 32) await this.#exchange.argument32(value, 'the value');
    else await this.#exchange.argument16(value, 'the value');
    this.#accept(await this.#exchange.read16('the second status of the write'), what);
  }

  /**
   * Brings the conversation back into step after a command the phone does not know or has ended in its own way: passes
   * over what is still coming, then asks for the version, whose answer is known.
   * @throws UnbrickError `ECHO_MISMATCH` when that does not help
   */
  async resynchronise(): Promise<void> {
    const seen: string[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      // Late parts of an answer come within a USB frame or two of each other; 50 ms of silence means there are no more.
      for (let late = await this.link.readAvailable(50); late.length > 0; late = await this.link.readAvailable(50)) {
        seen.push(`passed over ${hexBytes(late.subarray(0, 32))}`);
      }
      const expected = this.#bootloaderVersion;
      await this.link.write(Uint8Array.of(BootCommand.GET_BL_VER));
      const answer = await this.link.readAvailable(this.#exchange.replyTimeoutMs);
      if (answer.length === 1 && (expected === undefined || answer[0] === expected)) return;
      seen.push(`asked for the version, the phone answered ${answer.length > 0 ? hexBytes(answer) : 'nothing'}`);
    }
    throw outOfStep(seen);
  }

  /**
   * SEND_DA: uploads a stage-1 agent. The phone only tells the checksum of what it received; the comparison is made here.
   * @throws UnbrickError `DA_REJECTED`, `SLA_REQUIRED`, `AUTH_REQUIRED`, `BROM_REFUSED`, `DA_CHECKSUM_MISMATCH`
   */
  async sendAgent(region: AgentRegion, onProgress: OnUpload = () => {}): Promise<void> {
    this.link.stage = 'agent-upload';
    const context = { stage: this.#stage, config: this.#config };
    await this.#exchange.command(BootCommand.SEND_DA, 'SEND_DA');
    await this.#exchange.argument32(region.address, "the agent's address");
    await this.#exchange.argument32(region.bytes.length, "the agent's length");
    await this.#exchange.argument32(region.signatureLength, "the length of the agent's signature");
    const before = await this.#exchange.read16('whether it takes the agent');
    if (isRefusal(before)) throw agentRefused(before, 'before', region, context);
    const checksums = await this.#upload(region.bytes, 'the Download Agent', onProgress);
    const after = await this.#verdict();
    // Bytes that were damaged on the way also fail the signature check: the damage is what has to be told.
    if (checksums.received !== checksums.sent) throw damagedUpload('The Download Agent', checksums);
    if (isRefusal(after)) throw agentRefused(after, 'after', region, context);
  }

  /**
   * JUMP_DA: starts the uploaded agent. From here on the link belongs to the agent.
   * @throws UnbrickError `DA_REJECTED`, `BROM_REFUSED`
   */
  async jumpAgent(address: number): Promise<void> {
    this.link.stage = 'agent-upload';
    await this.#exchange.command(BootCommand.JUMP_DA, 'JUMP_DA');
    await this.#exchange.argument32(address, "the agent's address");
    const status = await this.#exchange.read16('whether it starts the agent');
    if (isRefusal(status)) {
      throw agentRefused(status, 'jump', undefined, { stage: this.#stage, config: this.#config });
    }
    this.link.stage = 'agent';
  }

  /** SEND_CERT: the root certificate that the owner supplies, before anything else. @throws UnbrickError `BROM_REFUSED` */
  sendCertificate(file: Uint8Array): Promise<void> {
    return this.#sendFile(BootCommand.SEND_CERT, file, 'the certificate');
  }

  /**
   * SEND_AUTH: the authorisation file that the owner supplies, before the agent. Afterwards the target configuration may
   * have changed. @throws UnbrickError `BROM_REFUSED`
   */
  sendAuthorisation(file: Uint8Array): Promise<void> {
    return this.#sendFile(BootCommand.SEND_AUTH, file, 'the authorisation file');
  }

  /** GET_TARGET_CONFIG once more: an authorisation file changes it. @throws UnbrickError `BROM_REFUSED` */
  async readConfig(): Promise<TargetConfig> {
    this.#config = decodeTargetConfig(await this.readTargetConfig());
    return this.#config;
  }

  /** SLA: answers the boot ROM's challenge. @throws UnbrickError `SLA_REFUSED`; what the signer throws */
  proveKey(signer: Signer, requestFor: RequestFor): Promise<void> {
    return proveKey(this.#exchange, signer, requestFor);
  }

  async #sendFile(opcode: number, file: Uint8Array, what: string): Promise<void> {
    await this.#exchange.command(opcode, `for ${what}`);
    await this.#exchange.argument32(file.length, `the length of ${what}`);
    const before = await this.#exchange.read16(`whether it takes ${what}`);
    if (before === NO_AUTH_NEEDED) return;
    this.#accept(before, what);
    const checksums = await this.#upload(file, what);
    const after = await this.#exchange.read16(`its verdict on ${what}`, VERIFY_TIMEOUT_MS);
    if (checksums.received !== checksums.sent) throw damagedUpload(`The upload of ${what}`, checksums);
    this.#accept(after, what);
  }

  async #upload(
    bytes: Uint8Array,
    what: string,
    onProgress: OnUpload = () => {},
  ): Promise<{ sent: number; received: number }> {
    let sent = 0;
    onProgress(0, bytes.length);
    for (let offset = 0; offset < bytes.length; offset += UPLOAD_PIECE) {
      const piece = bytes.subarray(offset, offset + UPLOAD_PIECE);
      await this.link.write(piece);
      sent = xor16(piece, sent);
      onProgress(offset + piece.length, bytes.length);
    }
    return { sent, received: await this.#exchange.read16(`the checksum of ${what}`, VERIFY_TIMEOUT_MS) };
  }

  /** The status after an agent was received. A phone that goes away here has most likely refused it. */
  async #verdict(): Promise<number> {
    try {
      return await this.#exchange.read16('its verdict on the agent', VERIFY_TIMEOUT_MS);
    } catch (error) {
      if (!(error instanceof LinkClosedError)) throw error;
      throw error.with({
        evidence: [
          'it went away after the whole agent had arrived and before it said whether it accepts it: a phone that refuses the signature resets itself at this point',
        ],
      });
    }
  }

  #accept(status: number, what: string): void {
    if (isRefusal(status)) throw bromRefused(what, status, { stage: this.#stage, config: this.#config });
  }
}

function damagedUpload(what: string, { sent, received }: { sent: number; received: number }): UnbrickError {
  return new UnbrickError({
    code: 'DA_CHECKSUM_MISMATCH',
    stage: 'agent-upload',
    message: `${what} was damaged on its way to the phone. It has not been started.`,
    evidence: [`checksum of what was sent: ${hex(sent, 4)}, of what the phone received: ${hex(received, 4)}`],
    next: ['Repeat once.', 'Try another cable and another USB port, without a hub.'],
  });
}
