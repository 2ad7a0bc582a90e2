import { expect, it } from 'vitest';
import { UnbrickError } from '../errors/unbrick-error.js';
import type { PartitionTable } from '../storage/storage.js';
import { readTable } from './phone-session.js';
import type { FakeAgent } from './testing/fake-agent.js';
import { bornPhone, entriesOf, FACTORY } from './testing/rebuild-phone.fixture.js';

/** A phone whose agent tells the places of its partitions and nothing else, as legacy agents do. */
function phoneWithAList(): FakeAgent {
  const agent = bornPhone();
  const list: PartitionTable = { kind: 'gpt', source: "the agent's partition list", partitions: entriesOf(FACTORY) };
  agent.readPartitionTable = () => Promise.resolve(list);
  return agent;
}

it('adds to the list of an agent what the GPT on the storage says besides', async () => {
  const { source, identity } = await readTable(phoneWithAList());
  expect(source).toBe("the agent's partition list");
  expect(identity?.partitions.map(({ name }) => name)).toEqual(entriesOf(FACTORY).map(({ name }) => name));
});

it.each(['STORAGE_FAILED', 'AGENT_REFUSED'])(
  'is content with the list where the storage cannot be read: %s',
  async (code) => {
    const agent = phoneWithAList();
    agent.read = () => {
      throw new UnbrickError({ code, stage: 'agent', message: 'It cannot be read.' });
    };
    const table = await readTable(agent);
    expect(table.partitions).toEqual(entriesOf(FACTORY));
    expect(table.identity).toBeUndefined();
  },
);

it('does not take a phone that is gone for one whose storage cannot be read', async () => {
  const agent = phoneWithAList();
  agent.read = () => {
    throw new UnbrickError({ code: 'PHONE_GONE', stage: 'agent', message: 'It is gone.' });
  };
  await expect(readTable(agent)).rejects.toMatchObject({ code: 'PHONE_GONE' });
});
