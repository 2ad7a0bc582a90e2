/** READ16/READ32/WRITE16/WRITE32 and their old forms: docs/protocol/bootrom.md, memory access. */
import { concat, encode, TargetConfigBit, u16, u32 } from '@unbrick/core/wire';
import { LeaveBus } from '../device/wire.js';
import type { BootSession } from './boot-session.js';
import { Status } from './status.js';

export interface MemoryForm {
  width: 2 | 4;
  /** The old forms have no status words. */
  statusWords: boolean;
  /** WRITE16_NO_ECHO does not echo the values. */
  echoValues: boolean;
}

const VALUES_A_TRANSFER = 128;
/** No boot stage has more memory than this to show. */
const ADDRESS_SPACE = 0x1_0000_0000;

export async function readMemory(session: BootSession, form: MemoryForm): Promise<void> {
  const { line, registers } = session;
  const address = await line.argument32();
  const count = await line.argument32();
  const refusal = refuse(session, form, address, count, 'read');
  session.log(form.width === 2 ? 'READ16' : 'READ32', { address, count, ...(refusal ? { refusal } : {}) });
  if (refusal) return line.status(refusal);
  if (form.statusWords) await line.status(Status.OK);
  for (let done = 0; done < count; done += VALUES_A_TRANSFER) {
    const part = Math.min(VALUES_A_TRANSFER, count - done);
    const values = Array.from({ length: part }, (_, i) => {
      const value = registers.read(address + (done + i) * form.width, form.width);
      return form.width === 2 ? encode(u16, 'big', value) : encode(u32, 'big', value);
    });
    await session.wire.write(concat(...values));
  }
  if (form.statusWords) await line.status(Status.OK);
}

export async function writeMemory(session: BootSession, form: MemoryForm): Promise<void> {
  const { line, registers, profile } = session;
  const address = await line.argument32();
  const count = await line.argument32();
  const refusal = refuse(session, form, address, count, 'write');
  session.log(form.width === 2 ? 'WRITE16' : 'WRITE32', { address, count, ...(refusal ? { refusal } : {}) });
  if (refusal) return line.status(refusal);
  const done = session.stage === 'brom' ? profile.bootRom.writeStatus : Status.OK;
  if (form.statusWords) await line.status(done);
  for (let i = 0; i < count; i++) {
    const value = await receiveValue(session, form);
    const effect = registers.write(address + i * form.width, form.width, value);
    if (effect !== 'stored') throw new LeaveBus(effect);
  }
  if (form.statusWords) await line.status(done);
}

async function receiveValue({ line, wire }: BootSession, form: MemoryForm): Promise<number> {
  if (form.echoValues) return form.width === 2 ? line.argument16() : line.argument32();
  const bytes = await wire.read(form.width);
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

/** The one status word that answers a forbidden access, or nothing. */
function refuse(
  session: BootSession,
  { width }: MemoryForm,
  address: number,
  count: number,
  access: 'read' | 'write',
): number | undefined {
  const length = count * width;
  const end = address + length;
  if (session.stage === 'preloader') {
    if (address % width !== 0) return Status.PL_MEMORY_ALIGNMENT;
    if (count === 0) return Status.PL_MEMORY_ZERO_LENGTH;
    if (end > ADDRESS_SPACE) return Status.PL_MEMORY_OVERFLOW;
    if (access === 'read' && !session.registers.preloaderMayRead(address, length)) return Status.PL_READ_FORBIDDEN;
    if (access === 'write' && !session.registers.preloaderMayWrite(address, length)) return Status.PL_WRITE_FORBIDDEN;
    return undefined;
  }
  const guard =
    access === 'read' ? TargetConfigBit.MEMORY_READ_AUTHENTICATION : TargetConfigBit.MEMORY_WRITE_AUTHENTICATION;
  if (session.has(guard) && !session.linkAuthorised) return Status.SLA_REQUIRED;
  if (address % width !== 0) return Status.ADDRESS_NOT_ALIGNED;
  if (count === 0) return Status.LENGTH_ZERO;
  if (end > ADDRESS_SPACE) return Status.INVALID_ADDRESS_AND_LENGTH;
  return undefined;
}
