import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Link } from '../../link/link.js';
import { ScriptedPort } from '../frames/testing/scripted-port.fixture.js';
import { queryBatteryVoltage } from './battery-voltage.js';
import { XflashChannel } from './frame.js';
import { parseExchanges, pick } from './testing/exchanges.fixture.js';

const GENUINE = parseExchanges(readFileSync(new URL('./fixtures/genuine-mt6765.txt', import.meta.url), 'utf8'));
const MADE = parseExchanges(`
== may be one
> 09000100
< 00000000
> 02000200
< 00000000
> 02000000
< 00000000
== none any more
> 09000100
< 00000000
> 02000200
< 00000000
> 01000000
< 00000000
== option not known
> 09000100
< 00000000
> 02000200
< 040001c0
== told
> 09000100
< 00000000
> 0f000400
< 00000000
< 520d0000
< 00000000
== not known
> 09000100
< 00000000
> 0f000400
< 040001c0
== error in place of the data
> 09000100
< 00000000
> 0f000400
< 00000000
< 010004c0
== text
> 09000100
< 00000000
> 0f000400
< 00000000
< 332e34
< 00000000
`);

it.each([
  ['the voltage', ['may be one', 'told', 'none any more'], 3410],
  ['the voltage, by a build that takes no option', ['option not known', 'told', 'option not known'], 3410],
  ['that the command is not known', ['may be one', 'not known', 'none any more'], undefined],
  ['an error in place of the data', ['may be one', 'error in place of the data', 'none any more'], undefined],
  ['something else', ['may be one', 'text', 'none any more'], undefined],
])('the agent tells %s', async (_, exchanges, expected) => {
  const port = new ScriptedPort(pick(MADE, ...exchanges));
  expect(await queryBatteryVoltage(new XflashChannel(new Link(port)))).toBe(expected);
  port.expectDone();
});

it('a genuine agent without a battery sends zero and an error', async () => {
  const steps = [
    ...pick(MADE, 'may be one'),
    ...pick(GENUINE, 'info 16 GET_BATTERY_VOLTAGE'),
    ...pick(MADE, 'none any more'),
  ];
  const port = new ScriptedPort(steps);
  expect(await queryBatteryVoltage(new XflashChannel(new Link(port)))).toBeUndefined();
  port.expectDone();
});
