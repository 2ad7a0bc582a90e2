import { decode, encode, hexBytes, u16, u32, XFLASH_MAGIC } from '../../wire/index.js';
import { FrameChannel, type Wait } from '../frames/frame-channel.js';

/** A status is 4 bytes, 2 in old builds; more than this is something else. */
const STATUS_LIMIT = 256;

/** Frames as XFlash uses them: words, parameters, statuses. See docs/protocol/xflash-agent.md, "Frame layer". */
export class XflashChannel extends FrameChannel {
  /** One 4-byte frame a word, all in one write: some agents want header and word in one USB packet. */
  sendWords(...words: number[]): Promise<void> {
    return this.sendTogether(words.map(wordBytes));
  }

  /** Frames of one word each and then a data frame: two writes, whatever the number of words. */
  sendChunk(words: readonly number[], data: Uint8Array): Promise<void> {
    return this.sendTogether(words.map(wordBytes), data, 'write');
  }

  /** The next status word: 4 bytes, or 2 in old builds. The frame magic as a value means success (an old quirk). */
  async status(wait: Wait): Promise<number> {
    const payload = await this.receive(STATUS_LIMIT, wait);
    if (payload.length === 2) return decode(u16, 'little', payload);
    if (payload.length < 4) this.fail(wait, `a status of ${payload.length} bytes: ${hexBytes(payload)}`);
    const value = decode(u32, 'little', payload);
    return value === XFLASH_MAGIC ? 0 : value;
  }
}

function wordBytes(value: number): Uint8Array {
  return encode(u32, 'little', value);
}
