#!/usr/bin/env node
// The committed launcher: npm links it at install time, before dist/ has been built.
import { existsSync } from 'node:fs';

const built = new URL('../dist/main.js', import.meta.url);
if (!existsSync(built)) {
  process.stderr.write('unbrick has not been built yet. Run: npm run build\n');
  process.exit(1);
}
await import(built.href);
