import { createHash, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { profileText } from '@unbrick/phone';
import { loadProfile, writePracticeFirmware } from '@unbrick/phone/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsOf, startPhone, unbrick } from '../support/unbrick-process.js';

const TIMEOUT = 90_000;
const work = mkdtempSync(join(tmpdir(), 'unbrick-locks-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));
const at = (name: string) => join(work, name);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A phone of its owner's own profile with every lock there is, and all that its owner has for it. */
async function lockedPhone(base: string): Promise<void> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  const key = { modulus: Buffer.from(n, 'base64url').toString('hex') };
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const [auth, certificate] = [randomBytes(2000), randomBytes(900)];
  const profile = JSON.parse(profileText(base));
  // Secure boot, SLA, DAA, root certificate.
  profile.bootRom.targetConfig = '0x17';
  profile.security = {
    linkKey: key,
    agentKey: key,
    agentLinkKey: key,
    authFile: sha256(auth),
    certificate: sha256(certificate),
  };
  writeFileSync(at('phone.json'), JSON.stringify({ ...profile, name: 'locked-phone' }));
  writeFileSync(at('key.pem'), pem);
  writeFileSync(at('auth_sv5.auth'), auth);
  writeFileSync(at('root.cert'), certificate);
  await writePracticeFirmware(await loadProfile(at('phone.json')), at('firmware'), pem);
}

/** Flashes one small image to the phone in boot ROM mode. */
async function flashLk(...credentials: string[]) {
  const phone = await startPhone(['--profile', at('phone.json'), '--mode', 'brom']);
  const job = ['flash', at('firmware'), '--port', phone.port, '--yes', '--json', '--only', 'lk', '--no-backup'];
  const finished = await unbrick([...job, ...credentials]);
  await phone.stop();
  const { events, report } = eventsOf(finished);
  return { code: finished.code, report, error: events.find((event) => event.type === 'error') };
}

describe('a phone with every lock', () => {
  beforeAll(() => lockedPhone('mt6765-emmc'), TIMEOUT);

  it('opens to its owner’s files and key', { timeout: TIMEOUT }, async () => {
    const owner = ['--auth', at('auth_sv5.auth'), '--cert', at('root.cert'), '--key', at('key.pem')];
    const { code, report } = await flashLk(...owner);
    expect(report.ok, JSON.stringify(report)).toBe(true);
    expect(code).toBe(0);
    expect(report.partitions.map(({ name, verifiedBy }) => [name, verifiedBy])).toEqual([['lk', 'readback-sha256']]);
  });

  it('stays shut without the key, and what is missing is named', { timeout: TIMEOUT }, async () => {
    const { code, error } = await flashLk('--auth', at('auth_sv5.auth'), '--cert', at('root.cert'));
    expect(code).not.toBe(0);
    expect(error?.code).toBe('SLA_REQUIRED');
    expect(error?.next.join('\n')).toContain('--key');
  });
});
