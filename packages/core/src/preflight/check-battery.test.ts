import { describe, expect, it } from 'vitest';
import { checkBattery } from './check-battery.js';

describe('the battery', () => {
  it.each([3600, 3900, 4400])('%i mV is enough', (millivolts) => {
    expect(checkBattery(millivolts)).toMatchObject([{ severity: 'ok', code: 'BATTERY_OK', next: [] }]);
  });

  it('is told in volts', () => {
    expect(checkBattery(3905)[0]?.message).toBe('The battery has 3.90 V.');
  });

  it('warns of an empty one, and never forbids anything', () => {
    const [low] = checkBattery(3599);
    expect(low).toMatchObject({ severity: 'warning', code: 'BATTERY_LOW' });
    expect(low?.evidence).toHaveLength(2);
    expect(low?.next[0]).toMatch(/charge/);
    const [empty] = checkBattery(3410);
    expect(empty?.severity).toBe('warning');
    expect(empty?.message).toContain('3.41 V');
    expect(empty?.evidence.join()).toMatch(/3410 mV.*do not start/);
  });

  it('claims nothing when nobody knows', () => {
    expect(checkBattery(undefined)).toEqual([]);
  });
});
