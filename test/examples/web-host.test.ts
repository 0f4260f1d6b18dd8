import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { runExample, startExample } from '../support/example.ts';

it('examples/web-host: two users at once, and nothing crosses', async () => {
  const { code, output } = await runExample('web-host/main.ts', '--check');
  const said = expect.stringContaining('nothing crossed') as string;
  expect({ code, output }).toEqual({ code: 0, output: said });
});

const BROWSER = join(import.meta.dirname, '../host/browser');
const chromium = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

it('examples/web-host: the page serves two browsers at once', async () => {
  if (!existsSync(chromium)) throw new Error(`there is no Chromium at ${chromium}: set CHROMIUM`);
  const url = await startExample('web-host/main.ts');
  const args = [join(BROWSER, 'two-users.mjs'), url, chromium, process.env['PICTURES'] ?? ''];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout).toContain('Two browsers, and nothing crossed');
});
