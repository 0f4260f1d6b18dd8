import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildProcessOptions } from 'mcp-actors/gateway';
import { install } from '../conformance/install.ts';

const HERE = join(import.meta.dirname, 'guests');
/** Below `node_modules` the compiler, the formatter and the linter leave them alone. */
const INSTALLED = join(import.meta.dirname, '../../node_modules/.cache/gateway-guests');
const OURS = join(import.meta.dirname, '../../node_modules');

/** Installs the published servers that are not ours anyway, as their lock file says, once. */
export function installGuests(): void {
  mkdirSync(INSTALLED, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) {
    copyFileSync(join(HERE, name), join(INSTALLED, name));
  }
  install(INSTALLED);
}

/** A published server, run as its users run it. */
export function guest(name: string, ...args: string[]): ChildProcessOptions {
  const modules = name === 'everything' ? OURS : join(INSTALLED, 'node_modules');
  const main = join(modules, '@modelcontextprotocol', `server-${name}`, 'dist/index.js');
  return { command: process.execPath, args: [main, ...args] };
}
