import { describe, expect, it } from 'vitest';
import { MemoryFolder } from '../firmware/memory-folder.js';
import { gatherCredentials } from './credentials.js';

const file = (...bytes: number[]) => Uint8Array.from(bytes);

describe('gatherCredentials', () => {
  it('finds the files of the firmware folder, and prefers what was given', async () => {
    const folder = new MemoryFolder('fw', { 'sec/AUTH_SV5.AUTH': file(1), 'sec/root.cert': file(2) });
    const firmware = { folder, authFiles: ['sec/AUTH_SV5.AUTH', 'sec/root.cert'] };
    expect(await gatherCredentials(firmware)).toEqual({
      authorisation: { name: 'sec/AUTH_SV5.AUTH', bytes: file(1) },
      certificate: { name: 'sec/root.cert', bytes: file(2) },
    });
    const given = { name: 'mine.auth', bytes: file(9) };
    expect((await gatherCredentials(firmware, { authorisation: given })).authorisation).toBe(given);
    expect(await gatherCredentials(undefined)).toEqual({});
  });

  it('refuses a file that cannot be one', async () => {
    const folder = new MemoryFolder('fw', { 'empty.auth': file() });
    await expect(gatherCredentials({ folder, authFiles: ['empty.auth'] })).rejects.toMatchObject({
      code: 'AUTH_FILE_INVALID',
    });
  });
});
