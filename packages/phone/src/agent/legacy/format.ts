import { encode, LegacyByte, LegacyCommand, LegacyError, LegacyFormat, u64 } from '@unbrick/core/wire';
import { type CheckedRange, checkRange, SECTOR, storageRefusal } from './address-range.js';
import { word } from './host-line.js';
import { formatNand } from './nand/format.js';
import { addressingOf } from './nand/nand-range.js';
import { errorOf } from './packets.js';
import { logCommand, type Stage2 } from './stage2-state.js';

/** What an eMMC without fast erase is overwritten with at a time, bytes. */
const STEP = 0x10000;
const STEP_SECTORS = STEP / SECTOR;

/** FORMAT: erases a range of the selected region and reports progress (protocol section "FORMAT"). */
export async function format(agent: Stage2): Promise<void> {
  const { host, session, options } = agent;
  const wanted = await host.layout(LegacyFormat, ['address', 'length']);
  const { storage, address, length } = wanted;
  logCommand(agent, LegacyCommand.FORMAT, true, { part: agent.part, address, length });
  // The policy is asked when all arguments are there.
  if (session.profile.security?.agentRefuses?.includes('format')) {
    return host.refuse(LegacyError.SECURITY_FORMAT_FORBIDDEN);
  }
  const refusal = storage === 0 ? LegacyError.DA_NOR_NOT_FOUND : storageRefusal(session.storage.kind, storage);
  if (refusal !== undefined) return host.refuse(refusal);
  if (session.faults.signedOnly) return host.refuse(LegacyError.SECURITY_FORMAT_FORBIDDEN);
  if (agent.nand) {
    const addressing = addressingOf(wanted.addressType);
    return formatNand(agent, agent.nand, { address, length, addressing }, wanted.eraseFlag);
  }
  // A crooked address is refused in place of the first acknowledgement, a bad range in place of the second.
  if (address % SECTOR !== 0) return host.refuse(LegacyError.DA_INVALID_BEGIN_ADDR);
  await host.ack();
  const range = checkRange(session.storage, agent.part, address, length);
  if (typeof range === 'number') return host.refuse(range);
  await host.ack();

  agent.downloadStatus = 'FORMAT_START';
  const done = options.eraseInSteps ? await overwrite(agent, range) : await erase(agent, range);
  if (!done) return;
  agent.downloadStatus = 'FORMAT_DONE';
  await host.sendByte(LegacyByte.ACK, LegacyByte.ACK); // no statistics; nothing to post-process
}

/** Fast erase: one report. */
async function erase(agent: Stage2, range: CheckedRange): Promise<boolean> {
  const work = agent.session.storage.erase(range.region, range.address, range.length);
  if (!(await succeeded(agent, work, range.address))) return false;
  await report(agent, 0, 100);
  return true;
}

/** Overwriting with 0xFF, a report a step; the last report carries status 0. */
async function overwrite(agent: Stage2, range: CheckedRange): Promise<boolean> {
  const { storage } = agent.session;
  const blank = new Uint8Array(STEP).fill(0xff);
  const sectors = range.length / SECTOR;
  for (let at = 0, steps = 1; at < range.length; at += STEP, steps++) {
    const rest = range.length - at;
    const work = storage.write(range.region, range.address + at, blank.subarray(0, Math.min(STEP, rest)));
    if (!(await succeeded(agent, work, range.address + at))) return false;
    if (rest <= STEP) await report(agent, 0, 100);
    else
      await report(
        agent,
        LegacyError.DA_IN_PROGRESS,
        Math.min(100, Math.floor((100 * STEP_SECTORS * steps) / sectors)),
      );
  }
  return true;
}

async function report({ host }: Stage2, status: number, percent: number): Promise<void> {
  await host.send(word(status), Uint8Array.of(percent));
  await host.u8(); // read, but agents for eMMC do not act on its value
}

/** Tells a failure of the memory chip with its address; the command is over then. */
async function succeeded({ host }: Stage2, work: Promise<void>, address: number): Promise<boolean> {
  const error = host.answers.word() ?? (await errorOf(work, LegacyError.DA_SDMMC_WRITE_FAILED));
  if (error === undefined) return true;
  await host.send(word(error), encode(u64, 'big', address), Uint8Array.of(LegacyByte.STOP));
  return false;
}
