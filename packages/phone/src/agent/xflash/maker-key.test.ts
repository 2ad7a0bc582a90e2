import { XflashCommand } from '@unbrick/core/wire';
import { describe, expect, it } from 'vitest';
import { OwnerKey } from '../../testing/owner-key.fixture.js';
import { TestPhone, writeTable } from './testing/host.js';
import { MT6765, PARTITIONS } from './testing/test-profile.js';

const owner = new OwnerKey();
const profile = { ...MT6765, security: { agentLinkKey: owner.public } };
const control = (phone: TestPhone, code: number, ...parameters: (number | Uint8Array)[]) =>
  phone.exchange(XflashCommand.DEVICE_CTRL, code, ...parameters);
const LOCKED = 0xc0010001;

describe('an agent that trusts its maker’s key only', () => {
  it('says so, works after the proof and not before', async () => {
    const phone = await TestPhone.atStage2({ profile });
    await writeTable(phone.storage, PARTITIONS);
    expect((await control(phone, 0x040016)).slice(2)).toEqual([1, 0]);
    expect(await phone.exchange(XflashCommand.READ_DATA)).toEqual([LOCKED]);
    const [, , info] = await control(phone, 0x040013);
    expect(info).toHaveLength(68);
    const answer = owner.sealOaep((info as Uint8Array).slice(4, 20));
    expect((await control(phone, 0x02000b, answer)).at(-1)).toBe(0);
    expect(await phone.exchange(XflashCommand.READ_DATA)).toEqual([0]);
  });

  it('does not take another answer', async () => {
    const phone = await TestPhone.atStage2({ profile });
    expect((await control(phone, 0x02000b, owner.sealOaep(new Uint8Array(16)))).at(-1)).toBe(0xc002004a);
    expect(await phone.exchange(XflashCommand.FORMAT)).toEqual([LOCKED]);
  });
});
