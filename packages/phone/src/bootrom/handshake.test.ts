import { afterEach, describe, expect, it } from 'vitest';
import type { VirtualPhone } from '../phone.js';
import { type TestPhone, testPhone } from '../testing/test-phone.fixture.js';

const phones: VirtualPhone[] = [];
afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.close()));
});
function open(...args: Parameters<typeof testPhone>): TestPhone {
  const made = testPhone(...args);
  phones.push(made.phone);
  return made;
}

const READY = '5245414459';

describe('handshake with the boot ROM', () => {
  it('answers the complement of each byte and never says READY', async () => {
    const host = await open('mt6580-emmc', { mode: 'brom' }).plugIn();
    expect(await host.silence(60)).toBe('');
    await host.handshake();
  });

  it('answers a wrong byte with byte + 1 and starts over', async () => {
    const host = await open('mt6580-emmc', { mode: 'brom' }).plugIn();
    await host.exchange('a0', '5f');
    await host.exchange('ff', '00');
    await host.exchange('0a', '0b');
    await host.handshake();
  });
});

describe('handshake with a preloader', () => {
  it('says READY until the first A0, which it swallows', async () => {
    const host = await open('mt6580-emmc').plugIn();
    expect(await host.receive(10)).toBe(READY + READY);
    await host.silence(1);
    await host.send('a0');
    // Only READY, if it was on its way already, and nothing after the handshake has begun.
    const seen = await host.silence(60);
    expect(['', READY]).toContain(seen);
    await host.handshake();
  });

  it('throws the whole first read away, whatever came with the A0', async () => {
    const host = await open('mt6580-emmc').plugIn();
    await host.receive(5);
    await host.send('a00a5005');
    expect((await host.silence(60)).replaceAll(READY, '')).toBe('');
    await host.handshake();
  });

  it('goes back to listening when the host does not go on', async () => {
    const host = await open('mt6580-emmc').plugIn();
    await host.receive(5);
    await host.send('a0');
    await host.silence(40);
    expect(await host.receive(10)).toBe(READY + READY);
  });

  it('swallows a repeated A0 on newer chips only', async () => {
    const newer = await open('mt6757-emmc').plugIn();
    await newer.receive(5);
    await newer.send('a0');
    await newer.silence(30);
    await newer.exchange('a0', '5f');
    await newer.send('a0');
    expect(await newer.silence()).toBe('');
    await newer.exchange('0a', 'f5');

    const older = await open('mt6735-emmc').plugIn();
    await older.receive(5);
    await older.send('a0');
    await older.silence(30);
    await older.exchange('a0', '5f');
    await older.exchange('a0', 'a1');
  });

  it('takes a boot-mode token in pieces, answers it and boots', async () => {
    const host = await open('mt6580-emmc').plugIn();
    await host.receive(5);
    await host.send('46415354');
    await host.send('424f4f54');
    expect((await host.untilGone()).replaceAll(READY, '')).toBe('544f4f4254534146');
  });

  it('refuses META on a locked phone and stays, but not fastboot', async () => {
    const host = await open('mt6757-emmc').plugIn();
    await host.receive(5);
    await host.silence(1);
    await host.send('4d4554414d455441');
    expect((await host.silence(60)).replace(READY, '')).toBe('4d455441464f5242');
    await host.send('46415354424f4f54');
    expect(await host.untilGone()).toBe('544f4f4254534146');
  });

  it('answers an unknown AT command', async () => {
    const host = await open('mt6580-emmc').plugIn();
    await host.receive(5);
    await host.silence(1);
    await host.send('41542b5858585858');
    expect((await host.silence(60)).replace(READY, '')).toBe('41542b554e4b4f4e574e');
  });
});
