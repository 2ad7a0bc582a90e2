import { expect, it } from 'vitest';
import { gather, once } from './byte-stream.js';

it('gathers what was given as one piece', async () => {
  expect(await gather(once(Uint8Array.of(1, 2)))).toEqual(Uint8Array.of(1, 2));
});

it('keeps pieces whose memory is used again for the next one', async () => {
  async function* packets() {
    const memory = new Uint8Array(2);
    for (let i = 1; i <= 3; i++) yield memory.fill(i);
  }
  expect(await gather(packets())).toEqual(Uint8Array.of(1, 1, 2, 2, 3, 3));
});
