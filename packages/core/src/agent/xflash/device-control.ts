import { decode, u32, XflashCommand, XflashControl } from '../../wire/index.js';
import type { XflashChannel } from './frame.js';
import { XFLASH_TIMEOUT } from './timeouts.js';

/** Answer of a DEVICE_CTRL query: `data` only with status 0. */
export interface ControlAnswer {
  status: number;
  data?: Uint8Array;
}

/** The largest block any query gives is 208 bytes; newer agents append fields. */
const DATA_LIMIT = 0x1000;

/**
 * DEVICE_CTRL "get". A refusal is a status, not an exception: most queries are optional.
 * @param usualSize bytes this query gives; needed because some agents send an error word in the place of the data
 * See docs/protocol/xflash-agent.md, "DEVICE_CTRL".
 */
export async function controlGet(channel: XflashChannel, control: number, usualSize?: number): Promise<ControlAnswer> {
  const refusal = await beginControl(channel, control);
  if (refusal !== 0) return { status: refusal };
  const what = controlName(control);
  const data = await channel.receive(DATA_LIMIT, { timeoutMs: XFLASH_TIMEOUT.status, what: `the data of ${what}` });
  if (data.length === 4 && usualSize !== 4) {
    const word = decode(u32, 'little', data);
    // Error words start with 0xC0; no text that a query gives ("brom", "1.0") ends with that byte.
    if (word >>> 24 === 0xc0) return { status: word };
  }
  const status = await channel.status({ timeoutMs: XFLASH_TIMEOUT.status, what: `the result of ${what}` });
  // The agent sends the block even when it failed to fill it.
  return status === 0 ? { status, data } : { status };
}

/** DEVICE_CTRL "set" with one parameter frame; gives the status. */
export async function controlSet(channel: XflashChannel, control: number, parameter: Uint8Array): Promise<number> {
  const refusal = await beginControl(channel, control);
  if (refusal !== 0) return refusal;
  await channel.send(parameter);
  return channel.status({ timeoutMs: XFLASH_TIMEOUT.status, what: `the result of ${controlName(control)}` });
}

/** DEVICE_CTRL "action": no parameter, no data; gives the status. */
export async function controlAction(channel: XflashChannel, control: number): Promise<number> {
  const refusal = await beginControl(channel, control);
  if (refusal !== 0) return refusal;
  return channel.status({ timeoutMs: XFLASH_TIMEOUT.status, what: `the result of ${controlName(control)}` });
}

/** The protocol's name of a control code, for messages. */
export function controlName(control: number): string {
  return (
    Object.entries(XflashControl).find(([, value]) => value === control)?.[0] ?? `control 0x${control.toString(16)}`
  );
}

async function beginControl(channel: XflashChannel, control: number): Promise<number> {
  await channel.sendWords(XflashCommand.DEVICE_CTRL);
  const status = await channel.status({ timeoutMs: XFLASH_TIMEOUT.status, what: 'the status of DEVICE_CTRL' });
  if (status !== 0) return status;
  await channel.sendWords(control);
  return channel.status({ timeoutMs: XFLASH_TIMEOUT.status, what: `the status of ${controlName(control)}` });
}
