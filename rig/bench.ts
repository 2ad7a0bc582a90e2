import type { JobEvent, ReportEvent } from '@unbrick/core';
import { type PhoneLogEntry, UsbPhone, type UsbPhoneOptions } from '@unbrick/phone';
import { type OpenPhoneOptions, openPhone } from '@unbrick/phone/node';
import { Guest, type GuestCommand } from './guest.js';

/** Milliseconds between two looks at what a command in the guest has written. */
const LOOK_MS = 50;

export interface PluggedPhone {
  /** Everything the phone was asked to do. */
  log: PhoneLogEntry[];
  usb: UsbPhone;
  unplug(): Promise<void>;
}

/** How a job of the command line in the guest ended. */
export interface JobResult {
  code: number;
  events: JobEvent[];
  report: ReportEvent | undefined;
  /** For messages of failed tests. */
  text: string;
}

/** A guest, the command line in it, and phones for its USB port. */
export class Bench {
  readonly guest: Guest;

  constructor(guest: Guest) {
    this.guest = guest;
  }

  static async boot(cache: string): Promise<Bench> {
    return new Bench(await Guest.boot(cache));
  }

  async plugIn(
    options: OpenPhoneOptions,
    usb: UsbPhoneOptions = {},
    onLog: (entry: PhoneLogEntry, phone: PluggedPhone) => void = () => {},
  ): Promise<PluggedPhone> {
    const log: PhoneLogEntry[] = [];
    const phone = await openPhone({
      ...options,
      onLog: (entry) => {
        log.push(entry);
        onLog(entry, plugged);
      },
    });
    const usbPhone = new UsbPhone(phone, this.guest.usb, usb);
    const plugged: PluggedPhone = {
      log,
      usb: usbPhone,
      unplug: async () => {
        await usbPhone.close();
        await phone.close();
      },
    };
    return plugged;
  }

  /** Starts a job and resolves when it waits for a phone, which is when a user plugs one in. */
  async startJob(command: string): Promise<{ running: GuestCommand; result: Promise<JobResult> }> {
    const running = this.guest.start(command);
    const result = jobResult(running);
    let ended = false;
    void result.then(() => {
      ended = true;
    });
    while (!ended && !running.output().includes('"type":"connection"')) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return { running, result };
  }

  /** The events a running command has told so far. */
  eventsOf(command: GuestCommand): JobEvent[] {
    return parseEvents(command.output());
  }
}

/** A last line that is only half written is left out. */
function parseEvents(output: string): JobEvent[] {
  return output
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as JobEvent);
}

async function jobResult({ finished }: GuestCommand): Promise<JobResult> {
  const { code, stdout, stderr } = await finished;
  const events = parseEvents(stdout);
  const report = events.find((event): event is ReportEvent => event.type === 'report');
  const told = events.filter((event) => event.type !== 'progress').map((event) => JSON.stringify(event));
  return { code, events, report, text: `exit code ${code}\n${told.join('\n')}\n${stderr}` };
}
