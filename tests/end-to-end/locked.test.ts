import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadProfile, writePracticeFirmware } from '@unbrick/phone/node';
import { afterAll, describe, expect, it } from 'vitest';
import { startPhone, unbrick } from '../support/unbrick-process.js';

const TIMEOUT = 90_000;
const work = mkdtempSync(join(tmpdir(), 'unbrick-locked-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** SLA. */
const LOCKED = '0x2';

describe('a phone that knows its maker’s authorisation file and key', () => {
  it('opens to its owner only: boot ROM and agent', { timeout: TIMEOUT }, async () => {
    const owner = keyFile('owner.pem');
    const stranger = keyFile('stranger.pem');
    const authFile = Buffer.alloc(1832, 'auth');
    const name = lockedProfile('mt6765-emmc', {
      linkKey: { modulus: owner.modulus },
      agentLinkKey: { modulus: owner.modulus },
      authFile: createHash('sha256').update(authFile).digest('hex'),
    });
    const profile = await loadProfile(name);
    const firmware = join(work, 'firmware');
    // The agent and the memory settings are all that is needed.
    const partitions = profile.partitions.filter(({ operation }) => operation === 'BOOTLOADERS');
    await writePracticeFirmware({ ...profile, partitions }, firmware);
    // Found in the folder, without being named.
    writeFileSync(join(firmware, 'auth_sv5.auth'), authFile);

    const phone = await startPhone(['--profile', name, '--mode', 'brom']);
    const args = ['info', firmware, '--port', phone.port];
    const without = await unbrick(args);
    const wrong = await unbrick([...args, '--key', stranger.path]);
    const right = await unbrick([...args, '--key', owner.path]);
    await phone.stop();

    expect(without.code).toBe(1);
    expect(without.stdout).toContain('SLA_REQUIRED');
    expect(without.stdout).toContain('auth_sv5.auth was taken, but does not lift SLA');
    expect(without.stdout).toContain('--key FILE');
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).toContain('does not accept the answer made with stranger.pem');
    expect(right.code, right.stdout + right.stderr).toBe(0);
    expect(right.stdout).toContain('The agent asks for its maker’s key: proving owner.pem');
    expect(right.stdout).toContain('Storage    EMMC');
  });
});

function keyFile(name: string): { path: string; modulus: string } {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const path = join(work, name);
  writeFileSync(path, privateKey.export({ format: 'pem', type: 'pkcs8' }));
  const { n } = privateKey.export({ format: 'jwk' });
  return { path, modulus: Buffer.from(n as string, 'base64url').toString('hex') };
}

/** Path of a profile like the named one, but locked. */
function lockedProfile(base: string, security: object): string {
  const source = fileURLToPath(new URL(`../../packages/phone/src/profiles/${base}.json`, import.meta.url));
  const profile = JSON.parse(readFileSync(source, 'utf8')) as { bootRom: object };
  const locked = { ...profile, name: 'locked', bootRom: { ...profile.bootRom, targetConfig: LOCKED }, security };
  mkdirSync(join(work, 'profile'), { recursive: true });
  const path = join(work, 'profile', 'locked.json');
  writeFileSync(path, JSON.stringify(locked));
  return path;
}
