/** READ_DATA and UPLOAD: docs/protocol/xflash-agent.md, "Reading and writing". */
import type { Region } from '@unbrick/core';
import { encode, hex, latin1, u64, XflashStatus } from '@unbrick/core/wire';
import { AnsweredAsPlanned } from '../../planned-answers.js';
import { type AgentState, logCommand, statusOf } from './agent-state.js';
import { packetLengths } from './control-gets.js';
import { checkFlashBlock, describeFlashBlock, receiveFlashBlock } from './flash-block.js';
import { FrameError } from './frame.js';
import { findNamedArea, NAME_LIMIT } from './named-area.js';

/** The storage is read in pieces of this size, one piece ahead of the wire. */
const READ_AHEAD = 1 << 20;

export async function readData(state: AgentState): Promise<void> {
  const block = await receiveFlashBlock(state);
  const target = checkFlashBlock(state, block);
  logCommand(state, 'READ_DATA', false, describeFlashBlock(block, target));
  await state.channel.status(target.status);
  if (target.status !== XflashStatus.OK || target.region === undefined) return;
  await sendArea(state, target.region, block.address, block.length);
}

/** An unknown name, or a card without a valid GPT, is answered with nothing at all. */
export async function upload(state: AgentState): Promise<void> {
  const { channel } = state;
  const name = latin1(await channel.receiveText(NAME_LIMIT));
  const area = await findNamedArea(state, name);
  if (typeof area === 'number') {
    logCommand(state, 'UPLOAD', false, { name, silent: hex(area, 8) });
    return;
  }
  logCommand(state, 'UPLOAD', false, { name, length: area.size });
  await channel.status(XflashStatus.OK);
  await channel.send(encode(u64, 'little', area.size));
  await sendArea(state, area.region, area.start, area.size);
}

/** Until all is sent: `← status, ← data, → ack`; then the final status. An error takes the place of a status, twice. */
async function sendArea(state: AgentState, region: Region, start: number, length: number): Promise<void> {
  const { channel } = state;
  const packet = packetLengths(state).read;
  const pieceLimit = Math.max(packet, READ_AHEAD);
  let ahead = readAhead(state, region, start, Math.min(pieceLimit, length));
  for (let done = 0; done < length; ) {
    let piece: Uint8Array;
    try {
      piece = await ahead;
    } catch (error) {
      const status = statusOf(error, state);
      await channel.status(status);
      await channel.status(status);
      return;
    }
    const next = done + piece.length;
    if (next < length) ahead = readAhead(state, region, start + next, Math.min(pieceLimit, length - next));
    for (let at = 0; at < piece.length; at += packet) {
      await statusBeforeData(state);
      await channel.print(`read ${done + at}`);
      await channel.send(piece.subarray(at, at + packet));
      const acknowledgement = await receiveAcknowledgement(state);
      if (acknowledgement !== 0) {
        await channel.status(acknowledgement);
        return;
      }
    }
    done = next;
  }
  await channel.status(XflashStatus.OK);
}

async function statusBeforeData({ channel }: AgentState): Promise<void> {
  try {
    await channel.status(XflashStatus.OK);
  } catch (error) {
    if (error instanceof AnsweredAsPlanned) await channel.status(error.status);
    throw error;
  }
}

function readAhead(state: AgentState, region: Region, offset: number, length: number): Promise<Uint8Array> {
  const piece = state.session.storage.read(region, offset, length);
  // Looked at when its turn comes, or never when the host stops.
  piece.catch(() => undefined);
  return piece;
}

/** The host's word, or the error of a frame that cannot be taken: both come back as the final status. */
async function receiveAcknowledgement(state: AgentState): Promise<number> {
  try {
    return await state.channel.receiveWord();
  } catch (error) {
    if (error instanceof FrameError) return error.status;
    throw error;
  }
}
