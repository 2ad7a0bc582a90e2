import { describe, expect, it } from 'vitest';
import type { Extent } from '../storage/storage.js';
import { freeSpace } from './free-space.js';

const at = (start: number, length: number): Extent => ({ region: 'user', start, length });

describe('what nothing covers', () => {
  it.each([
    { taken: [], free: [at(0, 100)] },
    { taken: [at(0, 100)], free: [] },
    { taken: [at(50, 10), at(0, 10)], free: [at(10, 40), at(60, 40)] },
    { taken: [at(10, 20), at(20, 20), at(90, 10)], free: [at(0, 10), at(40, 50)] },
    { taken: [{ region: 'boot1' as const, start: 0, length: 100 }, at(5, 0)], free: [at(0, 100)] },
  ])('$taken', ({ taken, free }) => expect(freeSpace('user', 100, taken)).toEqual(free));
});
