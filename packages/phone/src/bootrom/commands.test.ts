import { afterEach, describe, expect, it } from 'vitest';
import { NO_FAULTS } from '../faults.js';
import type { BootMode, VirtualPhone } from '../phone.js';
import type { Profile } from '../profiles/profile.js';
import { findProfile } from '../profiles/profiles.js';
import type { ScriptedHost } from '../testing/scripted-host.fixture.js';
import { type TestPhone, testPhone } from '../testing/test-phone.fixture.js';

const phones: VirtualPhone[] = [];
afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.close()));
});

async function talk(
  base: string | Profile,
  mode: BootMode,
  faults: Partial<typeof NO_FAULTS> = {},
): Promise<TestPhone & { host: ScriptedHost }> {
  const made = testPhone(base, { mode, faults: { ...NO_FAULTS, ...faults } });
  phones.push(made.phone);
  const host = await made.plugIn();
  await (mode === 'brom' ? host.handshake() : host.preloaderHandshake());
  return { ...made, host };
}

/** Opcode, then each argument, all echoed. */
async function command(host: ScriptedHost, opcode: string, ...values: string[]): Promise<void> {
  await host.exchange(opcode, opcode);
  for (const value of values) await host.exchange(value, value);
}

describe('which commands exist where', () => {
  it.each([
    ['mt6580-emmc', '01'],
    ['mt6735-emmc', '02'],
    ['mt6765-emmc', '03'],
  ])('%s preloader tells version %s without an echo', async (profile, version) => {
    const { host } = await talk(profile, 'preloader');
    await host.exchange('fe', version);
    await host.exchange('ff', 'ff');
    expect(await host.silence()).toBe('');
  });

  it('echoes what a preloader of version 2 does not know and goes on', async () => {
    const { host } = await talk('mt6735-emmc', 'preloader');
    for (const opcode of ['e1', 'e7', 'fb', 'df', 'e2', 'e3', 'a0', '70', '80']) await host.exchange(opcode, opcode);
    expect(await host.silence()).toBe('');
    await host.exchange('fd', 'fd 0321 0000');
  });

  it('has ids, capabilities and STAY_STILL in version 3', async () => {
    const { host, log } = await talk('mt6765-emmc', 'preloader');
    await host.exchange('fb', 'fb 00000007 00000000');
    await host.exchange('e1', 'e1 00000010 29790f118876ab5d97c920d41bd4db65 0000');
    await host.send('80');
    expect(await host.untilGone()).toBe('800000');
    expect(log.at(-1)).toMatchObject({ what: 'LEAVE', detail: { next: 'off' } });
  });

  it('gives the boot ROM its log, old and new', async () => {
    const { host } = await talk('mt6580-emmc', 'brom');
    await host.exchange('df', 'df');
    const length = Number.parseInt(await host.receive(4), 16);
    await host.receive(length);
    expect(await host.receive(2)).toBe('0000');
    await host.exchange('dd', 'dd');
    await host.receive(Number.parseInt(await host.receive(4), 16));
    expect(await host.silence()).toBe('');
  });

  it('leaves for good with JUMP_BL', async () => {
    const { host } = await talk('mt6580-emmc', 'brom');
    await host.send('d6');
    expect(await host.untilGone()).toBe('d600000000');
  });
});

describe('memory access', () => {
  it('lets a preloader show watchdog, flag and efuses only, with one status word for the rest', async () => {
    const { host } = await talk('mt6580-emmc', 'preloader');
    await command(host, 'd1', '10009040', '00000002');
    expect(await host.receive(12)).toBe('0000 0000000000000000 0000'.replaceAll(' ', ''));
    await command(host, 'd1', '40000000', '00000001');
    expect(await host.silence()).toBe('1000');
    await command(host, 'd4', '10009040', '00000001');
    expect(await host.silence()).toBe('1001');
    await command(host, 'd1', '10007002', '00000001');
    expect(await host.silence()).toBe('ffff');
    await command(host, 'd0', '10007000', '00000000');
    expect(await host.silence()).toBe('fffe');
    await command(host, 'd1', 'fffffffc', '00000002');
    expect(await host.silence()).toBe('fffd');
  });

  it('keeps what a boot ROM was told to write', async () => {
    const { host } = await talk('mt6580-emmc', 'brom');
    await command(host, 'd4', '00102000', '00000002');
    expect(await host.receive(2)).toBe('0001');
    await host.exchange('11223344', '11223344');
    await host.exchange('55667788', '55667788');
    expect(await host.receive(2)).toBe('0001');
    await command(host, 'd1', '00102000', '00000002');
    expect(await host.receive(12)).toBe('000011223344556677880000');
    await command(host, 'd0', '00102000', '00000001');
    expect(await host.receive(6)).toBe('000033440000');
    await command(host, 'd3', '00102000', '00000001');
    expect(await host.receive(2)).toBe('0001');
    await host.send('abcd');
    expect(await host.receive(2)).toBe('0001');
    await command(host, 'a2', '00102000', '00000001');
    expect(await host.silence()).toBe('abcd');
  });

  it('shows the identity words where every chip has them', async () => {
    const { host } = await talk('mt6735-emmc', 'brom');
    await command(host, 'd1', '08000000', '00000003');
    expect(await host.receive(16)).toBe('0000 00000321 00008a00 0000cb00 0000'.replaceAll(' ', ''));
  });

  it('refuses memory access when the chip wants authentication for it', async () => {
    const plain = findProfile('mt6765-emmc');
    const profile = { ...plain, bootRom: { ...plain.bootRom, targetConfig: 0x60 } };
    const { host } = await talk(profile, 'brom');
    await command(host, 'd1', '10007000', '00000001');
    expect(await host.silence()).toBe('1d0d');
    await command(host, 'd4', '10007000', '00000001');
    expect(await host.silence()).toBe('1d0d');
  });

  it('resets into the boot ROM through flag and watchdog, both of which a preloader lets through', async () => {
    const { host, plugIn } = await talk('mt6735-emmc', 'preloader');
    await command(host, 'd4', '10001818', '00000001');
    expect(await host.receive(2)).toBe('0000');
    await host.exchange('444cffff', '444cffff');
    expect(await host.receive(2)).toBe('0000');
    await command(host, 'd4', '10001818', '00000001');
    await host.receive(2);
    await host.exchange('444cfffd', '444cfffd');
    await host.receive(2);
    await command(host, 'd4', '10212014', '00000001');
    await host.receive(2);
    await host.send('00001209');
    await host.untilGone();
    const again = await plugIn();
    expect(again.port.identity?.productId).toBe(0x0003);
    await again.handshake();
  });
});

describe('SEND_DA and JUMP_DA', () => {
  const send = (host: ScriptedHost, address: string, length: string, signature: string) =>
    command(host, 'd7', address, length, signature);

  it.each([
    ['an odd address', '00200001', '00000010', '00000000', '1d11'],
    ['an address in the upper DRAM half', '80000000', '00000010', '00000000', '1d00'],
    ['an address in DRAM', '40000000', '00000010', '00000000', '1d01'],
    ['an address outside the internal RAM', '00000100', '00000010', '00000000', '1d02'],
    ['no bytes', '00200000', '00000000', '00000000', '1d13'],
    ['a signature longer than all', '00200000', '00000010', '00000011', '1d14'],
    ['more than the internal RAM', '00200000', '10000000', '00000000', '1d12'],
  ])('is refused by the boot ROM for %s', async (_, address, length, signature, status) => {
    const { host } = await talk('mt6580-emmc', 'brom');
    await send(host, address, length, signature);
    expect(await host.silence()).toBe(status);
  });

  it('starts nothing that was not uploaded, and nothing at another address', async () => {
    const { host, agents } = await talk('mt6580-emmc', 'brom');
    await command(host, 'd5', '00200000');
    expect(await host.receive(2)).toBe('1d16');
    await send(host, '00200000', '00000004', '00000000');
    expect(await host.receive(2)).toBe('0000');
    await host.exchange('01020304', '0602 0000');
    await command(host, 'd5', '00201000');
    expect(await host.receive(2)).toBe('1d0f');
    expect(agents).toHaveLength(0);
    await command(host, 'd5', '00200000');
    expect(await host.receive(3)).toBe('0000c0');
    expect(agents[0]).toMatchObject({ bootedBy: 'brom', stage1: Uint8Array.of(1, 2, 3, 4) });
  });

  it('jumps where the host says, even where no agent of this chip can live', async () => {
    const { host, agents } = await talk('mt6580-emmc', 'brom');
    await send(host, '00110000', '00000002', '00000000');
    await host.receive(2);
    await host.exchange('0102', '0201 0000');
    await command(host, 'd5', '00110000');
    expect(await host.silence()).toBe('0000');
    expect(agents).toHaveLength(0);
  });

  it('ignores the address in a preloader', async () => {
    const { host, agents } = await talk('mt6735-emmc', 'preloader');
    await send(host, 'deadbeef', '00000003', '00000001');
    await host.receive(2);
    await host.exchange('010203', '0202 0000');
    await command(host, 'd5', '12345678');
    expect(await host.receive(3)).toBe('0000c0');
    expect(agents[0]?.bootedBy).toBe('preloader');
  });

  it('has a room of limited size in a preloader', async () => {
    const { host } = await talk('mt6735-emmc', 'preloader');
    await send(host, '00200000', '00040001', '00000000');
    expect(await host.silence()).toBe('7004');
  });

  it.each([
    ['mt6580-emmc', '2001'],
    ['mt6735-emmc', '7024'],
  ])('resets %s into the boot ROM when nothing was uploaded: %s', async (profile, status) => {
    const { host, plugIn } = await talk(profile, 'preloader');
    await command(host, 'd5', '00200000');
    expect(await host.untilGone()).toBe(status);
    expect((await plugIn()).port.identity?.productId).toBe(0x0003);
  });

  it('ends in the boot ROM when agents are rejected, and there it is rejected too', async () => {
    const { host, plugIn } = await talk('mt6765-emmc', 'preloader', { daRejected: true });
    await send(host, '00200000', '00000002', '00000001');
    await host.receive(2);
    await host.send('0102');
    expect(await host.untilGone()).toBe('02017024');
    const again = await plugIn();
    await again.handshake();
    await send(again, '00200000', '00000002', '00000001');
    await again.receive(2);
    await again.exchange('0102', '0201 7015');
    await command(again, 'd5', '00200000');
    expect(await again.receive(2)).toBe('1d16');
  });

  it('wants the serial link authorised first when a fault says so', async () => {
    for (const mode of ['brom', 'preloader'] as const) {
      const { host } = await talk('mt6580-emmc', mode, { slaRequired: true });
      await host.exchange('d8', 'd8 00000002 0000');
      await send(host, '00200000', '00000002', '00000001');
      expect(await host.silence()).toBe('1d0d');
      await host.exchange('e3', 'e3 0000 00000010');
      await host.receive(16);
      // What a host announces whose signer has failed.
      await host.exchange('00000004', '00000004 8000');
    }
  });

  it('wants auth file and signature on a phone with agent authentication', async () => {
    const plain = findProfile('mt6765-emmc');
    const profile = { ...plain, bootRom: { ...plain.bootRom, targetConfig: 0x4 } };
    const { host } = await talk(profile, 'brom');
    await send(host, '00200000', '00000002', '00000000');
    expect(await host.receive(2)).toBe('1d15');
    await send(host, '00200000', '00000002', '00000001');
    expect(await host.receive(2)).toBe('1d17');
    await command(host, 'e2', '00000002');
    expect(await host.receive(2)).toBe('0000');
    await host.exchange('4d4d', '4d4d 0000');
    await send(host, '00200000', '00000002', '00000001');
    expect(await host.receive(2)).toBe('0000');
  });

  it('needs no auth file on an open phone', async () => {
    const { host } = await talk('mt6580-emmc', 'brom');
    await command(host, 'e2', '00000008');
    expect(await host.silence()).toBe('1d0c');
  });
});
