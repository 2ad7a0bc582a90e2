/** DEVICE_CTRL gets: a data frame, then the result, which comes after the data even when it is an error. */
import {
  ascii,
  concat,
  encode,
  u32,
  XflashChipId,
  XflashPacketLength,
  XflashRamRecord,
  XflashRamType,
  XflashStatus,
} from '@unbrick/core/wire';
import { batteryMillivolts } from '../battery.js';
import { type AgentState, BatteryOption } from './agent-state.js';
import { fixedSize, hexToBytes } from './storage-id.js';

const SYSTEM_LINUX = 1;
/** Largest data frame of a write, and of a read for hosts other than Linux. */
const PACKET = 0x200000;
const LINUX_READ_PACKET = 0x10000;
const STAGE1_PACKET = 0x1000;

const TABLE_GPT = 0x64;
const RPMB_NO_KEY = 0x11;
const DRAM_LPDDR3 = 3;
const FULL_FUSE_ID = 16;
const ERROR_DETAIL_SIZE = 128;

const SRAM = { base: 0x200000, size: 0x70000 } as const;
const DRAM_BASE = 0x40000000;

/** What a data frame holds at most, in this stage and for this host. */
export function packetLengths(state: AgentState): { write: number; read: number } {
  if (state.stage === 'stage1') return { write: STAGE1_PACKET, read: STAGE1_PACKET };
  return { write: PACKET, read: state.systemOs === SYSTEM_LINUX ? LINUX_READ_PACKET : PACKET };
}

async function answer(state: AgentState, data: Uint8Array, result: number = XflashStatus.OK): Promise<void> {
  await state.channel.send(data);
  await state.channel.status(result);
}

const word = (value: number): Uint8Array => encode(u32, 'little', value);

export const agentVersion = (state: AgentState) => answer(state, ascii('1.0'));

export const packetLength = (state: AgentState) => answer(state, XflashPacketLength.build(packetLengths(state)));

/** A hash of fuse words on a phone, fixed per device. */
export const randomId = (state: AgentState) =>
  answer(state, fixedSize(hexToBytes(state.session.profile.bootRom.meId), FULL_FUSE_ID));

export const hardwareId = (state: AgentState) => {
  const { meId, socId = meId } = state.session.profile.bootRom;
  return answer(state, fixedSize(hexToBytes(socId), FULL_FUSE_ID));
};

export const tableCategory = (state: AgentState) => answer(state, word(TABLE_GPT));

export const connectionAgent = (state: AgentState) => answer(state, ascii(state.session.bootedBy));

export const usbSpeed = (state: AgentState) => answer(state, ascii(state.usbSpeed));

export function ramInfo(state: AgentState): Promise<void> {
  const dram = state.dramReady
    ? { type: XflashRamType.DRAM, padding: 0, base: DRAM_BASE, size: state.session.profile.ramSize }
    : { type: XflashRamType.NONE, padding: 0, base: 0, size: 0 };
  const sram = { type: XflashRamType.SRAM, padding: 0, ...SRAM };
  return answer(state, concat(XflashRamRecord.build(sram), XflashRamRecord.build(dram)));
}

export function chipId(state: AgentState): Promise<void> {
  const { hwCode, hwSubCode, hwVersion, swVersion } = state.session.profile;
  return answer(state, XflashChipId.build({ hwCode, hwSubCode, hwVersion, swVersion, reserved: 0 }));
}

/** Virtual phones have no `otp` partition: only then does a get answer without its data frame. */
export const otpLockStatus = (state: AgentState) => state.channel.status(XflashStatus.PARTITION_NOT_FOUND);

export function batteryVoltage(state: AgentState): Promise<void> {
  const voltage = state.batteryOption === BatteryOption.USB_POWER_ONLY ? 0 : batteryMillivolts(state.session);
  return answer(state, word(voltage), voltage > 0 ? XflashStatus.OK : XflashStatus.DEVICE_ERROR);
}

export const rpmbStatus = (state: AgentState) => answer(state, word(RPMB_NO_KEY));

export const dramType = (state: AgentState) => answer(state, word(DRAM_LPDDR3));

/** Fixed bytes of builds without a maker's authentication library. */
export const deviceFirmwareInfo = (state: AgentState) => answer(state, Uint8Array.of(0x12, 0x34, 0x56, 0x78));

export const errorDetail = (state: AgentState) => answer(state, new Uint8Array(ERROR_DETAIL_SIZE));
