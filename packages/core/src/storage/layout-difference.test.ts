import { describe, expect, it } from 'vitest';
import { compareLayout, type WantedPartition } from './layout-difference.js';
import type { PartitionTable } from './storage.js';

const table = (...rows: [string, number, number][]): PartitionTable => ({
  kind: 'gpt',
  source: 'test',
  partitions: rows.map(([name, start, length]) => ({ name, region: 'user', start, length })),
});
const wanted = (name: string, start: number, size: number): WantedPartition => ({ name, region: 'user', start, size });

describe('compareLayout', () => {
  it('tells every kind of difference, and takes names without regard to case', () => {
    const phone = table(
      ['nvram', 0, 10],
      ['boot', 10, 10],
      ['recovery', 30, 20],
      ['logo', 50, 5],
      ['extra', 60, 5],
      ['userdata', 70, 930],
    );
    const firmware = [
      wanted('NVRAM', 0, 10),
      wanted('boot', 20, 10),
      wanted('recovery', 30, 10),
      wanted('logo', 50, 10),
      wanted('cache', 65, 5),
      wanted('userdata', 70, 100),
    ];
    expect(compareLayout(firmware, phone).map(({ name, verdict }) => `${name} ${verdict}`)).toEqual([
      'NVRAM same',
      'boot moved',
      'recovery grew',
      'logo shrank',
      'cache missing-on-phone',
      'userdata same',
      'extra only-on-phone',
    ]);
  });

  it('compares the start of the last partition all the same', () => {
    expect(compareLayout([wanted('userdata', 60, 0)], table(['userdata', 70, 930]))).toEqual([
      {
        name: 'userdata',
        verdict: 'moved',
        firmware: { region: 'user', start: 60, size: 0 },
        phone: { region: 'user', start: 70, size: 930 },
      },
    ]);
  });

  it('takes size 0 as the rest even in the middle', () => {
    const [first] = compareLayout([wanted('fat', 0, 0)], table(['fat', 0, 930], ['otp', 930, 70]));
    expect(first?.verdict).toBe('same');
  });

  it('calls a partition in another region moved', () => {
    const [first] = compareLayout(
      [{ name: 'preloader', region: 'boot1', start: 0, size: 4 }],
      table(['preloader', 0, 4]),
    );
    expect(first?.verdict).toBe('moved');
  });
});
