import { constants, generateKeyPairSync, privateDecrypt, publicEncrypt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findProfile } from '../../profiles/profiles.js';
import { command, Host } from './testing/host.js';
import { PhoneUnderTest } from './testing/phone-under-test.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const modulus = Buffer.from(publicKey.export({ format: 'jwk' }).n as string, 'base64url').toString('hex');
const ASK = command('SECURITY-GET-DEV-FW-INFO', { target_file: 'info' });
const PROVE = command('SECURITY-SET-FLASH-POLICY', { source_file: 'proof' });
const READ = command('READ-FLASH', { partition: 'UFS-LUA0', offset: '0x0', length: '0x10', target_file: 'x' });

async function lockedPhone() {
  const profile = findProfile('mt6895-ufs');
  const phone = await PhoneUnderTest.start({
    profile: { ...profile, security: { agentLinkKey: { modulus } } },
    stage2: () => {},
  });
  return new Host(phone);
}

/** OAEP by encrypting with the public key and taking the raw encoding out again; then signed as it is. */
function proofOf(random: Buffer): Buffer {
  const encrypted = publicEncrypt({ key: publicKey, oaepHash: 'sha256' }, random);
  const encoded = privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encrypted);
  return privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encoded);
}

async function challenge(host: Host): Promise<Buffer> {
  expect((await host.command(ASK)).result).toBe('OK');
  const text = new TextDecoder().decode(host.files.get('info'));
  return Buffer.from(/<rnd>([0-9A-F]{32})<\/rnd>/.exec(text)?.[1] ?? '', 'hex');
}

describe('a phone that knows its owner’s key', () => {
  it('says so, and keeps its storage closed', async () => {
    const host = await lockedPhone();
    await host.command(command('GET-SYS-PROPERTY', { key: 'DA.SLA', target_file: 'p' }));
    expect(new TextDecoder().decode(host.files.get('p'))).toContain('<item key="DA.SLA">ENABLED</item>');
    expect((await host.command(command('GET-HW-INFO', { target_file: 'h' }))).result).toBe('OK');
    for (const text of [READ, command('ERASE-FLASH', { partition: 'ALL' })]) {
      const { result, message } = await host.command(text);
      expect(result).toBe('ERR');
      expect(message).toMatch(/^Security deny for \[CMD:[A-Z-]+\]\.\n$/);
    }
  });

  it('opens it to who has the key', async () => {
    const host = await lockedPhone();
    host.files.set('proof', proofOf(await challenge(host)));
    expect((await host.command(PROVE)).result).toBe('OK');
    expect((await host.command(READ)).result).toBe('OK');
  });

  it.each<[string, (random: Buffer) => Uint8Array]>([
    ['a proof of something else', (random) => proofOf(Buffer.from(random).reverse())],
    ['a proof with a changed byte', (random) => proofOf(random).map((byte, i) => (i === 100 ? byte ^ 1 : byte))],
    ['the challenge itself', (random) => random],
    ['zeros', () => new Uint8Array(256)],
    ['nothing', () => new Uint8Array(0)],
  ])('stays closed to %s', async (_, proof) => {
    const host = await lockedPhone();
    host.files.set('proof', proof(await challenge(host)));
    const message = 'Server is not authenticated. Locked.\n';
    expect(await host.command(PROVE)).toMatchObject({ result: 'ERR', message });
    expect((await host.command(READ)).result).toBe('ERR');
  });
});

it('other phones do not know the commands', async () => {
  const host = new Host(await PhoneUnderTest.start({ stage2: () => {} }));
  for (const text of [ASK, PROVE]) expect((await host.command(text)).result).toBe('ERR!UNSUPPORTED');
});
