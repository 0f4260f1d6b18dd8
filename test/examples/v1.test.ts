import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runExample, startExample } from '../support/example.ts';
import { callText, connect, sdkV1 } from '../support/sdkClients.ts';
import { v1Form } from '../support/v1Form.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NEEDS_V2 = /^import \{[^}]*\} from '@modelcontextprotocol\/(?:server|client)';$/m;
const read = (name: string): string => readFileSync(join(ROOT, 'examples', name), 'utf8');
/** Clients of v1 speak no revision without sessions. */
const ONLY_V2 = ['stateless.ts', 'both-eras.ts'];
const names = readdirSync(join(ROOT, 'examples'), { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && !ONLY_V2.includes(name) && NEEDS_V2.test(read(name)),
);
const folder = mkdtempSync(join(tmpdir(), 'v1-form-'));

/** The examples in their v1 form, in a folder from which the project's packages are found. */
beforeAll(() => {
  cpSync(join(ROOT, 'examples'), folder, { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const name of names) writeFileSync(join(folder, name), v1Form(read(name)));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const compilerOptions = {
    rootDir: '/',
    paths: { 'mcp-actors': [join(ROOT, 'src/index.ts')], 'mcp-actors/*': paths('mcp-actors/*') },
  };
  const config = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions,
    include: [],
    exclude: [],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...config, files: names }));
});
afterAll(() => rmSync(folder, { recursive: true }));

function paths(name: string): string[] {
  const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8')) as {
    compilerOptions: { paths: Record<string, string[]> };
  };
  return compilerOptions.paths[name]!.map((path) => join(ROOT, path));
}

describe('the v1 form of an example, made by the tables of docs/sdk.md (U20)', () => {
  it('names nothing of v2, and type-checks', () => {
    expect(names.length).toBeGreaterThan(14);
    for (const name of names) {
      expect(v1Form(read(name))).not.toMatch(/from '@modelcontextprotocol\/(?!sdk)/);
    }
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const run = { cwd: folder, encoding: 'utf8' } as const;
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', '.', '--pretty', 'false'], run);
    expect(stdout).toBe('');
  });

  it.each([
    ['safe-mode.ts', "Bob deleted none of Alice's 20 orders"],
    ['many-clients/main.ts', 'foreign nonces'],
    ['both-protocols.ts', '2 sessions, one per protocol'],
    ['sleeping-shell.ts', 'Another shell, in the same folder'],
  ])('%s proves what it shows', async (name, said) => {
    const { code, output } = await runExample(join(folder, name));
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(said) as string });
  });

  it('quickstart.ts counts, and is the one on the page', async () => {
    const page = readFileSync(join(ROOT, 'docs/sdk.md'), 'utf8');
    expect(page).toContain(`\`\`\`ts\n${v1Form(read('quickstart.ts'))}\`\`\``);
    const client = sdkV1();
    await connect(client, await startExample(join(folder, 'quickstart.ts')));
    expect([await callText(client, 'count'), await callText(client, 'count')]).toEqual(['1', '2']);
  });

  it('express.ts knows who calls by a user, not by an application', async () => {
    const client = sdkV1();
    const url = await startExample(join(folder, 'express.ts'));
    await connect(client, url, { authorization: 'Bearer token-of-alice' });
    expect(await callText(client, 'whoami')).toBe('alice');
  });
});
