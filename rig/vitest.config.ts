import { fileURLToPath } from 'node:url';
import { mergeConfig } from 'vitest/config';
import unit from '../vitest.config.js';

/** The rig's tests by themselves: they share one emulated processor, and phones show themselves for two seconds only. */
const config = mergeConfig(unit, { root: fileURLToPath(new URL('..', import.meta.url)) });
config.test.include = ['rig/**/*.test.ts'];
config.test.fileParallelism = false;
export default config;
