import { expect, test } from 'vitest';
import { chipByHwCode } from '../chips/chips.js';
import { agentGeneration } from './launch.js';

const V6 = { description: 'MTK_DA_v6_2022-04-02 23:42:42' };
const OLDER = { description: 'MTK_AllInOne_DA_v3.3001.2021-03-12.10:31_1000' };

function phone(hwCode: number) {
  const chip = chipByHwCode(hwCode);
  return chip ? { chip } : {};
}

test.each([
  ['a chip with XFlash agents', 0x0989, OLDER, 'xflash'],
  ['the same chip with a newer agent', 0x0989, V6, 'xml'],
  ['a chip with XML agents', 0x1172, V6, 'xml'],
  ['a chip with XML agents, before an agent is chosen', 0x1172, undefined, 'xml'],
  ['a chip nobody knows, whose agent says what it speaks', 0x4242, V6, 'xml'],
  ['a chip nobody knows', 0x4242, OLDER, undefined],
])('%s', (_, hwCode, image, generation) => {
  expect(agentGeneration(phone(hwCode), image)).toBe(generation);
});
