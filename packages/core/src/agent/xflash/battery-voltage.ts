import { decode, encode, u32, XflashControl } from '../../wire/index.js';
import { controlGet, controlSet } from './device-control.js';
import type { XflashChannel } from './frame.js';

/** SET_BATTERY_OPT: what feeds the phone. */
const BatteryOption = { USB_ONLY: 1, FIND_OUT: 2 } as const;

/**
 * GET_BATTERY_VOLTAGE, millivolts; undefined when the agent does not tell. An agent measures only when it was told that there
 * may be a battery; afterwards it gets back the setting it starts with, under which all else was proven.
 * See docs/protocol/xflash-agent.md, "DEVICE_CTRL".
 */
export async function queryBatteryVoltage(channel: XflashChannel): Promise<number | undefined> {
  await setOption(channel, BatteryOption.FIND_OUT);
  // Its usual size is not named: no voltage looks like an error word, so one in its place is a refusal.
  const { data } = await controlGet(channel, XflashControl.GET_BATTERY_VOLTAGE);
  await setOption(channel, BatteryOption.USB_ONLY);
  return data?.length === 4 ? decode(u32, 'little', data) : undefined;
}

/** A build that refuses it may still tell the voltage. */
async function setOption(channel: XflashChannel, option: number): Promise<void> {
  await controlSet(channel, XflashControl.SET_BATTERY_OPT, encode(u32, 'little', option));
}
