import { describe, expect, it } from 'vitest';
import { anonymise } from './anonymise.js';

const system = { user: { name: 'maria', root: false }, env: { HOME: '/home/maria', HOSTNAME: 'marias-pc' } };

describe('anonymise', () => {
  it.each([
    ['/home/maria/firmware/x.bin', 'maria'],
    ['/home/peter/x', 'peter'],
    ['may not be opened by maria', 'maria'],
    ['on marias-pc', 'marias-pc'],
    ['USB\\VID_0E8D&PID_2000\\0123456789ABCDEF', '0123456789ABCDEF'],
    ['at 192.168.1.17', '192.168.1.17'],
    ['00:1a:2b:3c:4d:5e', '3c:4d'],
    ['SerialNumber: R58M12ABCDE', 'R58M12ABCDE'],
    ['me_id 0f1e2d3c4b5a69788796a5b4c3d2e1f0', '0f1e2d3c4b5a6978'],
    ['IMEI 356938035643809', '356938035643809'],
  ])('takes what is private out of %j', (text, secret) => {
    expect(anonymise(text, system)).not.toContain(secret);
  });

  it('leaves what helps', () => {
    const text = 'usb 1-4: 0e8d:2000 at 480 Mbit/s, error -71, /dev/ttyACM0, USB\\VID_0E8D&PID_2000';
    expect(anonymise(text, system)).toBe(text);
  });
});
