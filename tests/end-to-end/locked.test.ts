import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProfile, writePracticeFirmware } from '@unbrick/phone/node';
import { afterAll, describe, expect, it } from 'vitest';
import { startPhone, unbrick } from '../support/unbrick-process.js';

const TIMEOUT = 60_000;
const work = mkdtempSync(join(tmpdir(), 'unbrick-locked-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('a phone whose boot ROM wants its maker’s key', () => {
  it('opens to its owner only', { timeout: TIMEOUT }, async () => {
    const name = 'mt6765-emmc';
    const profile = await loadProfile(name);
    const firmware = join(work, name);
    // The agent and the memory settings are all that is needed.
    const partitions = profile.partitions.filter(({ operation }) => operation === 'BOOTLOADERS');
    await writePracticeFirmware({ ...profile, partitions }, firmware);
    const key = join(work, 'owner.pem');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(key, privateKey.export({ format: 'pem', type: 'pkcs8' }));
    // Found in the folder, without being named.
    writeFileSync(join(firmware, 'auth_sv5.auth'), Buffer.alloc(1832, 'auth'));

    const phone = await startPhone(['--profile', name, '--mode', 'brom', '--fault', 'sla-required']);
    const args = ['info', firmware, '--port', phone.port];
    const without = await unbrick(args);
    const withKey = await unbrick([...args, '--key', key]);
    await phone.stop();

    expect(without.code).toBe(1);
    expect(without.stdout).toContain('SLA_REQUIRED');
    expect(without.stdout).toContain('auth_sv5.auth was taken, but does not lift SLA');
    expect(without.stdout).toContain('--key FILE');
    expect(withKey.code, withKey.stdout + withKey.stderr).toBe(0);
    expect(withKey.stdout).toContain('Proving the key owner.pem');
    expect(withKey.stdout).toContain('Storage    EMMC');
  });
});
