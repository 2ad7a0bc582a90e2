/** Commands that the host ends before their time. */
import { describe, expect, it } from 'vitest';
import { PrimedSource } from './primed-source.js';
import {
  ASKED,
  answerNext,
  DATA,
  expectUsable,
  NEXT,
  PATH,
  READ,
  read,
  WRITE,
  withDevice,
} from './testing/host.fixture.js';

describe('ends that the host wants', () => {
  it('a soft stop while the phone erases is told at the next line', async () => {
    const stop = new AbortController();
    await withDevice(
      async (device) => {
        await device.command();
        device.say('OK');
        expect(await device.progress('x', 0, 50, 100)).toEqual(['OK', 'ERR!CANCEL', 'ERR!CANCEL']);
        await device.end('ERR', 'user canceled.');
        await answerNext(device);
      },
      async (talk) => {
        const onPercent = (percent: number) => percent === 50 && stop.abort(new Error('enough'));
        await expect(talk.do(NEXT, { ...ASKED, stop: stop.signal, onPercent })).rejects.toThrow('enough');
        await expectUsable(talk);
      },
    );
  });

  it('a soft stop while reading is told in the place of the next answer', async () => {
    const stop = new AbortController();
    await withDevice(
      async (device) => {
        await device.command();
        device.say('OK');
        await device.offerFile(PATH, 8, 4);
        device.say('OK');
        await device.expect('OK');
        stop.abort(new Error('enough'));
        device.raw.give(DATA.subarray(0, 4));
        await device.expect('ERR!CANCEL');
        await device.end('ERR', 'user canceled.');
        await answerNext(device);
      },
      async (talk) => {
        await expect(read(talk, { stop: stop.signal })).rejects.toThrow('enough');
        await expectUsable(talk);
      },
    );
  });

  it('leaving a read early takes one more packet and cancels', async () => {
    await withDevice(
      async (device) => {
        await device.command();
        device.say('OK');
        await device.offerFile(PATH, 8, 2);
        device.say('OK');
        await device.expect('OK');
        device.raw.give(DATA.subarray(0, 2));
        await device.expect('OK');
        device.say('OK');
        await device.expect('OK');
        device.raw.give(DATA.subarray(2, 4));
        await device.expect('ERR!CANCEL');
        await device.end('ERR', 'user canceled.');
        await answerNext(device);
      },
      async (talk) => {
        for await (const _ of talk.run(READ, { ...ASKED, target: { path: PATH, exactly: 8 } })) break;
        await expectUsable(talk);
      },
    );
  });

  it('a source that fails ends the write in order', async () => {
    async function* failing() {
      yield DATA.subarray(0, 4);
      throw new Error('the disk is gone');
    }
    await withDevice(
      async (device) => {
        await device.command();
        device.say('OK');
        await device.askForFile(PATH, 4);
        await device.takeChunk();
        await device.expect('ERR');
        device.say('ERR');
        await device.end('ERR', 'Host Notify error.');
        await answerNext(device);
      },
      async (talk) => {
        const broken = { source: { path: PATH, length: 8, data: new PrimedSource(failing()) } };
        await expect(talk.do(WRITE, { ...ASKED, ...broken })).rejects.toThrow('the disk is gone');
        await expectUsable(talk);
      },
    );
  });
});
