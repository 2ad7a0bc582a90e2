import { type ErrorEvent, flash, type JobEvent, MemoryFolder, openFirmware } from '@unbrick/core';
import { explainOwnCode } from '@unbrick/core/explain';
import { MemoryStorage, parseFault, practiceFirmware, VirtualPhone } from '@unbrick/phone';
import { describe, expect, it } from 'vitest';
import { smallProfile } from '../support/small-phone.js';

/** The bad days of phones with XML agents; those of the two older generations are rehearsed between processes. */
const profile = smallProfile('mt6855-emmc', {});
const TIMEOUT = 60_000;

interface Case {
  fault: string;
  mode: 'preloader' | 'brom';
  codes: string[];
  /** What the report has to say of the phone. */
  left: RegExp;
}

const CASES: Case[] = [
  { fault: 'dram-fail', mode: 'brom', codes: ['DRAM_SETUP_FAILED'], left: /Nothing was written/ },
  { fault: 'da-rejected', mode: 'preloader', codes: ['DA_REJECTED'], left: /Nothing was written/ },
  { fault: 'sla-required', mode: 'brom', codes: ['SLA_REQUIRED'], left: /Nothing was written/ },
  { fault: 'agent-silent=1', mode: 'preloader', codes: ['AGENT_SILENT'], left: /Nothing was written/ },
  { fault: 'signed-only', mode: 'preloader', codes: ['SECURITY_REFUSED'], left: /lk|Nothing was written/ },
  { fault: 'bad-write=lk', mode: 'preloader', codes: ['VERIFY_FAILED'], left: /lk/ },
  { fault: 'write-error=lk', mode: 'preloader', codes: ['STORAGE_FAILED'], left: /lk/ },
];

describe('a phone with an XML agent on a bad day', () => {
  it.each(CASES)('$fault: $codes, explained', { timeout: TIMEOUT }, async ({ fault, mode, codes, left }) => {
    const phone = new VirtualPhone({
      profile,
      mode,
      storage: new MemoryStorage(profile.storage.kind, profile.storage.regions),
      faults: parseFault(fault),
      newborn: true,
      replugMs: 20,
    });
    const events: JobEvent[] = [];
    const { outcome, report } = await flash({
      firmware: await openFirmware(new MemoryFolder('firmware', Object.fromEntries(await practiceFirmware(profile)))),
      source: phone.portSource(),
      selection: { only: ['lk'] },
      waitMs: 20_000,
      emit: (event) => events.push(event),
    });
    await phone.close();
    expect(outcome).toMatch(/failed|blocked/);
    const told = events.find(
      (event): event is ErrorEvent =>
        event.type === 'error' || (event.type === 'finding' && event.severity === 'blocker'),
    );
    expect(codes, JSON.stringify(told)).toContain(told?.code);
    expect(told?.next.length).toBeGreaterThan(0);
    expect(explainOwnCode(told?.code ?? '')?.next.length).toBeGreaterThan(0);
    expect(report.ok).toBe(false);
    expect(report.phoneState).toMatch(left);
  });
});
