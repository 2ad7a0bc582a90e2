import { UnbrickError } from '../../errors/unbrick-error.js';
import type { Link } from '../../link/link.js';
import {
  encode,
  hex,
  latin1,
  u32,
  XFLASH_START_BYTE,
  XFLASH_SYNC,
  XflashCommand,
  XflashControl,
  XflashEnvironment,
} from '../../wire/index.js';
import type { Agent } from '../agent.js';
import type { AgentStartOptions, StartAgent } from '../start.js';
import { controlGet, controlSet } from './device-control.js';
import { setUpDram } from './dram.js';
import { XflashChannel } from './frame.js';
import { proveKeyToAgent } from './prove-key.js';
import { bootStage2 } from './stage2.js';
import { describeStatus, refused } from './status.js';
import {
  queryChipId,
  queryRamSize,
  querySlaEnabled,
  queryStorage,
  queryUsbSpeed,
  queryWritePacketLength,
} from './storage-info.js';
import { XFLASH_TIMEOUT } from './timeouts.js';
import { switchUsbSpeed } from './usb-speed.js';
import { XflashAgent } from './xflash-agent.js';

/**
 * SET_CHECKSUM_LEVEL bits. 0: the agent compares nothing. 1: it compares the checksum of every chunk that arrives.
 * Storage checking (2) is not offered: it reads every byte back inside the phone, which costs the time of a second pass, for
 * a 16-bit sum; the SHA-256 of a read-back proves more for the same time.
 */
export type XflashChecksumLevel = 0 | 1;

export interface XflashStartOptions extends AgentStartOptions {
  /**
   * 0 unless asked for. USB guards each packet with a checksum of its own and every write is read back afterwards, so level
   * 1 adds an earlier alarm, not a better proof; and an agent with another checksum than the known builds would refuse
   * every write.
   */
  checksumLevel?: XflashChecksumLevel;
}

const Environment = {
  /** Info. The chattier levels are reported to hang some agents during memory set-up. */
  logLevel: 2,
  /** UART: log frames on USB would cost time. */
  logChannel: 1,
  /**
   * "Linux": packets of 64 KiB when reading. The other value gives 2 MiB, which is more than the serial driver of Linux
   * buffers: it drops what does not fit.
   */
  systemOs: 1,
  ufsProvision: 0,
  reserved: 0,
} as const;

/** "Both keys": what the agents use unless told otherwise. */
const RESET_KEY = 0x68;

/**
 * Takes over a link on which stage 1 has just been started with JUMP_DA: start-up, memory when the phone was caught in BROM,
 * stage 2, and what stage 2 knows about the phone.
 * @throws UnbrickError stage `agent`: `AGENT_SILENT`, `AGENT_REFUSED`, `AGENT_OUT_OF_STEP`, `AGENT_STAGE2_REFUSED`,
 * `STORAGE_INIT_FAILED`, `SLA_REQUIRED`, `STORAGE_NOT_FOUND`, …; stage `dram`: see {@link setUpDram}
 * See docs/protocol/xflash-agent.md, "Start-up".
 */
export const startXflashAgent: StartAgent = (link: Link, options: XflashStartOptions) => startXflash(link, options);

/** As {@link startXflashAgent}, for callers that choose the checksum level. */
export async function startXflash(link: Link, options: XflashStartOptions): Promise<Agent> {
  const { image, emi, signer, onProgress, onNote, identity, checksumLevel = 0 } = options;
  const channel = new XflashChannel(link, onNote);
  await handshake(channel);
  const levelSet = await prepareStage1(channel, checksumLevel, onNote);
  if ((await connectionAgent(channel)) === 'brom') {
    await setUpDram(channel, emi, (bytes, total) => onProgress?.('dram', bytes, total));
  }
  await bootStage2(channel, image, (bytes, total) => onProgress?.('agent-upload', bytes, total));

  if (await querySlaEnabled(channel)) await proveKeyToAgent(channel, signer, onNote);
  const ramSize = await queryRamSize(channel);
  const storage = await queryStorage(channel);
  const chip = await queryChipId(channel);
  if (chip && chip.hwCode !== identity.hwCode) {
    onNote?.(`The agent reports the chip ${hex(chip.hwCode, 4)}, the boot ROM ${hex(identity.hwCode, 4)}.`);
  }
  if ((await queryUsbSpeed(channel)) === 'full-speed') await speedUp(channel, options);
  return new XflashAgent(channel, {
    version: image.description,
    storage: ramSize === undefined ? storage : { ...storage, ramSize },
    chunkLength: await queryWritePacketLength(channel),
    agentProof: levelSet && checksumLevel === 1 ? 'link' : 'none',
    ...(onNote ? { onNote } : {}),
  });
}

/** A boot ROM connects at full speed (1 MB/s); its agent can come back at high speed, which is twenty times faster. */
async function speedUp(channel: XflashChannel, { reconnect, onNote }: AgentStartOptions): Promise<void> {
  if (reconnect && (await switchUsbSpeed(channel)) === 0 && (await reconnect())) {
    onNote?.('The phone was connected at full speed; its agent has come back at high speed.');
    return;
  }
  onNote?.('The phone is connected at full speed (about 1 MB/s); another port or cable may be much faster.');
}

/** From the raw start byte to "stage 1 is ready". Any deviation makes the agent hang, so there is nothing to retry. */
async function handshake(channel: XflashChannel): Promise<void> {
  try {
    const start = { timeoutMs: XFLASH_TIMEOUT.startByte, what: 'the start byte of the Download Agent' };
    const byte = await channel.rawByte(start);
    if (byte !== XFLASH_START_BYTE) channel.fail(start, `the first byte is ${hex(byte, 2)}, not 0xc0`);
    await channel.sendWords(XFLASH_SYNC);
    await channel.sendWords(XflashCommand.SETUP_ENVIRONMENT);
    await channel.send(XflashEnvironment.build(Environment));
    await expectOk(channel, 'to take its environment');
    await channel.sendWords(XflashCommand.SETUP_HW_INIT_PARAMS);
    await channel.sendWords(0);
    await expectOk(channel, 'to take its hardware parameters');
    const ready = { timeoutMs: XFLASH_TIMEOUT.stage1Ready, what: 'the ready mark of stage 1' };
    const mark = await channel.status(ready);
    if (mark !== XFLASH_SYNC) channel.fail(ready, `it sent ${describeStatus(mark)}`);
  } catch (cause) {
    if (cause instanceof UnbrickError && cause.code === 'PHONE_SILENT') throw agentSilent(cause);
    throw cause;
  }
}

async function expectOk(channel: XflashChannel, what: string): Promise<void> {
  const status = await channel.status({ timeoutMs: XFLASH_TIMEOUT.status, what: `the answer to "${what}"` });
  if (status !== 0) throw refused(status, { stage: 'agent', what });
}

/** The settings only stage 1 takes. Refusals are noted, not fatal. Gives whether the checksum level was taken. */
async function prepareStage1(
  channel: XflashChannel,
  level: XflashChecksumLevel,
  onNote?: (message: string) => void,
): Promise<boolean> {
  await controlSet(channel, XflashControl.SET_RESET_KEY, encode(u32, 'little', RESET_KEY));
  const status = await controlSet(channel, XflashControl.SET_CHECKSUM_LEVEL, encode(u32, 'little', level));
  if (status !== 0) onNote?.(`The agent keeps its own checksum level: ${describeStatus(status)}.`);
  return status === 0;
}

/** Who started stage 1, by its own word: with `brom` the memory is still off. */
async function connectionAgent(channel: XflashChannel): Promise<'brom' | 'preloader'> {
  const { status, data } = await controlGet(channel, XflashControl.GET_CONNECTION_AGENT);
  if (!data) throw refused(status, { stage: 'agent', what: 'to tell who started it' });
  const name = latin1(data).trim();
  if (name === 'brom' || name === 'preloader') return name;
  throw new UnbrickError({
    code: 'AGENT_REPLY_INVALID',
    stage: 'agent',
    message: 'The Download Agent does not tell whether boot ROM or preloader started it.',
    evidence: [`it said ${JSON.stringify(name.slice(0, 40))}`],
    next: ['Use the Download Agent that came with the firmware of this phone.'],
  });
}

function agentSilent(cause: UnbrickError): UnbrickError {
  return new UnbrickError({
    code: 'AGENT_SILENT',
    stage: 'agent',
    message: 'The Download Agent was sent and started, but does not answer.',
    evidence: [cause.message, ...cause.evidence],
    next: [
      'Unplug, hold the power key for 15 seconds, plug in again and repeat.',
      'Use the Download Agent that came with the firmware of this phone: one for another chip hangs like this.',
      'Try another cable and another USB port, without a hub.',
    ],
    cause,
  });
}
