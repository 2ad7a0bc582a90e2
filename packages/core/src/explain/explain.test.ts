import { describe, expect, it } from 'vitest';
import { CATALOGUE } from './catalogue.js';
import { explainEntry, explainOwnCode, lookUp } from './explain.js';
import { ENGLISH } from './language.js';

const keys = (text: string) => lookUp(text).found.map(({ entries }) => entries.map((entry) => entry.key));

describe('lookUp', () => {
  it.each([
    ['4032', 'S_FT_ENABLE_DRAM_FAIL'],
    ['error 4032!', 'S_FT_ENABLE_DRAM_FAIL'],
    ['S_FT_ENABLE_DRAM_FAIL (4032)', 'S_FT_ENABLE_DRAM_FAIL'],
    ['s_ft_enable_dram_fail', 'S_FT_ENABLE_DRAM_FAIL'],
    ['0xC0060003', 'STATUS_BROM_CMD_SEND_DA_FAIL'],
    ['STATUS_BROM_CMD_SEND_DA_FAIL', 'STATUS_BROM_CMD_SEND_DA_FAIL'],
    ['status_err: 0xc0060003', 'STATUS_BROM_CMD_SEND_DA_FAIL'],
    ['3221618691', 'STATUS_BROM_CMD_SEND_DA_FAIL'],
    ['-1073283068', 'STATUS_DA_HASH_MISMATCH'],
    ['0x1D0D', 'BOOT_1D0D'],
    ['code 43', 'WINDOWS_CODE_43'],
    ['Unknown USB device (device descriptor request failed)', 'WINDOWS_CODE_43'],
    ['usb 1-2: device descriptor read/64, error -71', 'LINUX_DESCRIPTOR_ERROR'],
    ['DA_REJECTED', 'DA_REJECTED'],
    ['libusb: claim interface failed: LIBUSB_ERROR_BUSY', 'LINUX_BUSY'],
    ['internal', 'INTERNAL'],
    ['✗ The program has made a mistake of its own. [INTERNAL]', 'INTERNAL'],
    ['refused 0xC0030006 STORAGE_MISMATCH (the storage differs)', 'STORAGE_MISMATCH'],
    ['it answered 0x7009 (a status nobody has named)', 'BOOT_7009'],
    ['[ERROR] Erase [lk_a] Failed.', 'XML_ERASE_FAIL'],
  ])('knows %j', (text, key) => {
    expect(keys(text)[0]?.[0]).toBe(key);
  });

  it('finds whatever the catalogue says that people see', () => {
    const missed = CATALOGUE.flatMap((entry) =>
      (entry.seenAs ?? []).filter((seen) => {
        const { found, similar } = lookUp(seen.replace('[…]', '[boot]'));
        return ![...found.flatMap(({ entries }) => entries), ...similar].includes(entry);
      }),
    );
    // What leads elsewhere first: numbers of other generations, and names that are quoted with a wrong number.
    const known = /misquoted|^\(\d+\)$|EXIST_MAGIC_NOT_MATCHED \(/;
    expect(missed.filter((seen) => !known.test(seen))).toEqual([]);
  });

  it('tells all tools that use a number, and the likelier one first', () => {
    expect(keys('1003')[0]).toEqual(['S_INVALID_BBCHIP_TYPE', 'CFT_RPMB_WRITTEN_BEFORE_DL']);
    expect(keys('CFT error 1003')[0]?.[0]).toBe('CFT_RPMB_WRITTEN_BEFORE_DL');
  });

  it('finds the errors in a log, each once, with their lines, and leaves its other numbers alone', () => {
    const log = [
      '10:04:12 BROM connected, hw_code 0x6735, port 4032',
      'sent 1013 of 4008 bytes at 0x2000',
      'BROM ERROR : S_FT_ENABLE_DRAM_FAIL (4032)',
      '[ERROR] status 0xC0060003 after 5000 ms',
      'BROM ERROR : S_FT_ENABLE_DRAM_FAIL (4032)',
      'all done, status 0x0',
    ].join('\r\n');
    expect(lookUp(log).found.map(({ line, entries }) => [line, entries[0]?.key])).toEqual([
      [3, 'S_FT_ENABLE_DRAM_FAIL'],
      [4, 'STATUS_BROM_CMD_SEND_DA_FAIL'],
    ]);
  });

  it('forgives misspelling and answers in no time', () => {
    expect(lookUp('dram wont enabel').similar.map((entry) => entry.key)).toContain('S_FT_ENABLE_DRAM_FAIL');
    expect(lookUp('scater file is invalid').similar[0]?.stage).toMatch(/scatter|firmware|host/);
  });

  it('says nothing where nothing is known', () => {
    expect(lookUp('the quick brown fox')).toEqual({ found: [], similar: [] });
    expect(lookUp('')).toEqual({ found: [], similar: [] });
  });

  it('takes a log of any size', () => {
    const log = `${'INFO: wrote 4096 bytes at 0x12345678 in 17 ms (ok)\n'.repeat(10_000)}ERROR 4008`;
    expect(lookUp(log).found.map(({ text }) => text)).toEqual(['4008']);
  });
});

describe('explainOwnCode', () => {
  it('gives meaning, causes and steps of an own code', () => {
    const explanation = explainOwnCode('DA_REJECTED');
    expect(explanation?.meaning).toContain('not signed');
    expect(explanation?.next.length).toBeGreaterThan(0);
    expect(explainOwnCode('NO_SUCH_CODE')).toBeUndefined();
  });
});

describe('explainEntry', () => {
  it('shows a translation where there is one and English elsewhere', () => {
    const entry = {
      key: 'X',
      family: 'unbrick',
      stage: 'agent',
      meaning: 'Broken.',
      next: ['cable', 'charge'],
    } as const;
    const language = {
      ...ENGLISH,
      tag: 'xx',
      name: 'Test',
      entries: { X: { meaning: 'Kaputt.' } },
      remedies: { cable: 'Kabel.' },
    };
    const { meaning, next } = explainEntry({ ...entry, next: [...entry.next] }, language);
    expect(meaning).toBe('Kaputt.');
    expect(next[0]).toBe('Kabel.');
    expect(next[1]).toContain('Charge the phone');
  });
});
