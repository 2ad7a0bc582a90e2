import { openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectPhone, handshake, Link, memoryPortPair, type Port, type PortSource } from '@unbrick/core';
import { hurried } from './hurried.js';
import { flashing, smallPhone, withPhone } from './on-the-phone.js';
import { plugged } from './plugged.js';
import type { Scenario, Scenarios } from './scenario.js';
import { tampered } from './tampering.js';

/** Phones that do not come, do not answer or go away. */

/** Something at the port that answers in its own way. */
const answering =
  (answer: (bytes: Uint8Array) => Uint8Array): Scenario =>
  async () => {
    const [host, device] = memoryPortPair();
    const talk = async () => {
      for (let bytes = await device.receive(); bytes; bytes = await device.receive()) await device.send(answer(bytes));
    };
    const talking = talk().catch(() => {});
    const link = new Link(host);
    try {
      await handshake(link, { timeoutMs: 300 });
      return [];
    } finally {
      await link.close();
      await device.close();
      await talking;
    }
  };

/** Opens nothing until the wait is over. */
const NOBODY: PortSource = {
  name: 'auto',
  open: (signal) => new Promise<Port>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
};

export const CONNECTING: Scenarios = {
  NO_PHONE: async () => {
    await connectPhone(NOBODY, { timeoutMs: 100 });
    return [];
  },
  HANDSHAKE_SILENT: () =>
    withPhone({ faults: ['silent'] }, async (phone) => {
      const link = new Link(await phone.attach());
      await handshake(link, { timeoutMs: 300 }).finally(() => link.close());
      return [];
    }),
  HANDSHAKE_ECHO: answering((bytes) => bytes),
  HANDSHAKE_GARBAGE: answering(() => new TextEncoder().encode('login: Password: login: Password: login: ')),
  PHONE_GONE: flashing({ faults: ['disconnect-after=300000'] }),
  PHONE_SILENT: () => {
    let silent = false;
    const through = tampered({ fromPhone: (bytes) => (silent ? new Uint8Array(0) : bytes) });
    const profile = smallPhone('mt6765-emmc');
    return plugged({ profile, mode: 'preloader', through }, async (bench) => {
      const agent = await bench.start();
      silent = true;
      await hurried(async () => {
        for await (const _ of agent.read({ region: 'user', start: 0, length: 512 }));
      });
    })();
  },
  // A system call that fails, here of the one who opens the port.
  COMPUTER_REFUSED: flashing({
    through: () => ({
      name: 'auto',
      open: async () => {
        openSync(join(tmpdir(), 'no-such-folder', 'no-such-file'), 'r');
        throw new Error('there is such a file');
      },
    }),
  }),
  // A program with a mistake in it, here the one that opens the port.
  INTERNAL: flashing({
    through: () => ({
      name: 'auto',
      open: async () => {
        throw new TypeError('the port has no descriptor');
      },
    }),
  }),
};
