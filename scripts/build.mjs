// Builds the three packages: declarations with tsc, one ES module bundle an entry point with esbuild.
// Bundling inlines the JSON data files, so the published packages need no import attributes.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

const packages = [
  { name: 'core', entries: ['index', 'wire/index', 'explain/index'], platform: 'neutral' },
  { name: 'phone', entries: ['index', 'node/index'], platform: 'node' },
  { name: 'cli', entries: ['index', 'main'], platform: 'node' },
];

execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', 'packages/cli'], {
  cwd: root,
  stdio: 'inherit',
});
for (const { name, entries, platform } of packages) {
  const source = join(root, 'packages', name, 'src');
  await build({
    entryPoints: entries.map((entry) => join(source, `${entry}.ts`)).filter((file) => existsSync(file)),
    outdir: join(root, 'packages', name, 'dist'),
    outbase: source,
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    target: 'node20',
    platform,
    logLevel: 'warning',
  });
}
