import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UnbrickError } from '../../errors/unbrick-error.js';
import { Link } from '../../link/link.js';
import type { Port } from '../../link/port.js';
import { concat } from '../../wire/index.js';
import { framed } from '../frames/testing/frame-bytes.fixture.js';
import type { AgentImage } from '../start.js';
import { memoryFile } from './command-text.js';
import { startXml } from './start.js';
import { loadTalks, pickTalks, type Talks, textFrame } from './testing/talk.fixture.js';

const TALKS = loadTalks('conversations.txt');
const GENUINE = loadTalks('genuine-mt6895.txt');
const STAGES = ['settings', 'commands of the host', 'memory', 'time', 'stage 2'];

const START = textFrame('<host><version>1.0</version><command>CMD:START</command></host>');
const UPLOAD = textFrame(
  '<host><version>1.0</version><command>CMD:UPLOAD-FILE</command><arg><checksum>CHK_NO</checksum><info>UFS-LUA2</info>' +
    `<target_file>${memoryFile(0x2000)}</target_file><packet_length>0x1000</packet_length></arg></host>`,
);
const END = textFrame(
  '<host><version>1.0</version><command>CMD:END</command><arg><result>OK</result><message></message></arg></host>',
);
const OK = textFrame('OK');
const PACKET = framed(new Uint8Array(0x1000).fill(0x3c));

const agentSide = (talks: Talks, ...names: string[]) =>
  pickTalks(talks, ...names)
    .filter(({ from }) => from === 'agent')
    .map(({ bytes }) => bytes);

/** Everything a healthy agent says: start-up, a read in two packets, and a command that it does not know. */
const HEALTHY = concat(
  ...agentSide(TALKS, ...STAGES, 'commands of the host, not known to stage 2', 'storage'),
  ...agentSide(GENUINE, 'GET-SYS-PROPERTY'),
  ...agentSide(TALKS, 'hardware: UFS'),
  ...[START, OK, UPLOAD, textFrame('OK@0x2000'), OK, PACKET, OK, PACKET, END],
  ...agentSide(TALKS, 'unknown command'),
);

const IMAGE: AgentImage = {
  fileName: 'DA_BR.bin',
  description: 'MTK_DA_v6',
  stage1: { bytes: new Uint8Array(16), address: 0x2000000, signatureLength: 0 },
  stage2: { bytes: new Uint8Array(0x1800), address: 0x40000000, signatureLength: 0 },
};

/** Says what it has to say, whatever it hears, and is gone. */
function talkative(bytes: Uint8Array): Port {
  let at = 0;
  return {
    name: 'talkative',
    send: async () => {},
    receive: async () => {
      const piece = bytes.slice(at, at + 500);
      at += piece.length;
      return piece.length > 0 ? piece : null;
    },
    close: async () => {},
  };
}

async function wholeSession(bytes: Uint8Array): Promise<void> {
  const agent = await startXml(new Link(talkative(bytes)), { identity: { stage: 'brom' } as never, image: IMAGE });
  for await (const _ of agent.read({ region: 'lu2', start: 0x8000000, length: 0x2000 }));
  await agent.erase({ region: 'lu2', start: 0, length: 0x1000 });
}

test('a healthy agent is heard to its end', async () => {
  await expect(wholeSession(HEALTHY)).rejects.toMatchObject({ code: 'AGENT_COMMAND_UNKNOWN', stage: 'erase' });
});

test('whatever an agent says, the session ends with a named error', async () => {
  const change = fc.tuple(
    fc.constantFrom('set', 'cut', 'repeat', 'insert'),
    fc.nat(),
    fc.nat(300),
    fc.oneof(
      fc.uint8Array({ maxLength: 8 }),
      fc
        .constantFrom('OK', 'ERR', 'ERR!CANCEL', 'OK@0xffffffffffffffff', 'OK!EOT', '<a/>', 'OK!PROGRESS@5')
        .map(textFrame),
      fc.constantFrom('<', '&', ']]>', '0x', '</arg>', '\0').map((text) => new TextEncoder().encode(text)),
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      let bytes = HEALTHY;
      for (const [kind, where, length, data] of changes) {
        const at = bytes.length === 0 ? 0 : where % bytes.length;
        const end = Math.min(bytes.length, at + length);
        if (kind === 'set') bytes = concat(bytes.subarray(0, at), data, bytes.subarray(at + data.length));
        else if (kind === 'cut') bytes = concat(bytes.subarray(0, at), bytes.subarray(end));
        else if (kind === 'repeat') bytes = concat(bytes.subarray(0, end), bytes.subarray(at));
        else bytes = concat(bytes.subarray(0, at), data, bytes.subarray(at));
      }
      const failure = await wholeSession(bytes).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(UnbrickError);
    }),
    { numRuns: 200 },
  );
});
