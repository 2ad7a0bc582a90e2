/** READ-REGISTER and WRITE-REGISTER: only blocks that the profile names are within reach. */
import type { XmlElement } from '@unbrick/core/wire';
import { LeaveBus } from '../../device/wire.js';
import { CommandFailed, logCommand, required, type XmlAgentState } from './agent-state.js';
import { downloadToMemory } from './download-file.js';
import { wireHex } from './request.js';
import { parseNumber } from './text-channel.js';
import { uploadBytes } from './upload-file.js';

export async function readRegister(state: XmlAgentState, root: XmlElement): Promise<void> {
  const { address, width } = place(root);
  const targetFile = required(root, 'arg', 'target_file');
  logCommand(state, 'READ-REGISTER', false, { address: wireHex(address), width });
  if (!state.registers.preloaderMayRead(address, width)) throw new CommandFailed(FORBIDDEN);
  const value = new Uint8Array(width);
  const view = new DataView(value.buffer);
  for (let at = 0; at < width; at += 4) view.setUint32(at, state.registers.read(address + at, 4), true);
  await uploadBytes(state, 'register', targetFile, value);
}

export async function writeRegister(state: XmlAgentState, root: XmlElement): Promise<void> {
  const { address, width } = place(root);
  const sourceFile = required(root, 'arg', 'source_file');
  logCommand(state, 'WRITE-REGISTER', false, { address: wireHex(address), width });
  if (!state.registers.preloaderMayWrite(address, width)) throw new CommandFailed(FORBIDDEN);
  const value = await downloadToMemory(state, { info: 'register', sourceFile, limit: width });
  if (value.length !== width) throw new CommandFailed();
  const view = new DataView(value.buffer);
  for (let at = 0; at < width; at += 4) {
    const effect = state.registers.write(address + at, 4, view.getUint32(at, true));
    // A reset through the watchdog does not wait for the host.
    if (effect !== 'stored') throw new LeaveBus(effect);
  }
}

const FORBIDDEN = 'R/W on this address is forbidden.\n';

/** Address and bytes of a register. @throws CommandFailed */
function place(root: XmlElement): { address: number; width: 4 | 8 } {
  const bits = required(root, 'arg', 'bit_width');
  const address = parseNumber(required(root, 'arg', 'base_address'));
  if (bits !== '32' && bits !== '64') throw new CommandFailed();
  const width = bits === '64' ? 8 : 4;
  if (address % width !== 0) throw new CommandFailed(FORBIDDEN);
  return { address, width };
}
