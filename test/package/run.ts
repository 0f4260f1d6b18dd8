/**
 * Installs the packed package with one SDK alone, as its users do, in a folder of its own, and looks
 * at what came: the tree and its weight, the types without `skipLibCheck`, a session, and what npm
 * says on the oldest Node. Then follows docs/quickstart.md. Needs the network.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { v1Form } from '../support/v1Form.ts';
import { OldestNode } from './oldestNode.ts';
import { followQuickstart } from './followQuickstart.ts';
import { packInto } from './packInto.ts';
import { overweight, promisedWeight, weigh } from './weight.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'mcp-actors-package-'));
const quickstart = readFileSync(join(ROOT, 'examples/quickstart.ts'), 'utf8');
const { devDependencies: versions, engines } = JSON.parse(
  readFileSync(join(ROOT, 'package.json'), 'utf8'),
) as { devDependencies: Record<string, string>; engines: { node: string } };

interface Case {
  readonly name: string;
  /** The SDK that is installed beside the package. */
  readonly sdk: string;
  /** The program, in TypeScript. */
  readonly program: string;
  /** No package of these may be in the tree. */
  readonly without: readonly string[];
  /** What the program says. */
  readonly says: RegExp;
}

const V2 = ['server', 'client', 'core'].map((name) => `@modelcontextprotocol/${name}`);

/** Opens a session by hand and calls `count` twice, and once without a session: no client is needed. */
const CALLS = `
const ask = async (body: object, session = '', more: object = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    body: JSON.stringify({ jsonrpc: '2.0', ...body }),
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(session === '' ? {} : { 'mcp-session-id': session }),
      ...more,
    },
  });
const clientInfo = { name: 'by-hand', version: '1.0.0' };
const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
const opened = await ask({ id: 1, method: 'initialize', params });
const session = opened.headers.get('mcp-session-id') ?? '';
await ask({ method: 'notifications/initialized' }, session);
for (const id of [2, 3]) {
  const answer = await ask({ id, method: 'tools/call', params: { name: 'count' } }, session);
  console.log(await answer.text());
}
const _meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};
const stateless = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'count' };
const call = { id: 4, method: 'tools/call', params: { name: 'count', _meta } };
console.log(await (await ask(call, '', stateless)).text());
process.exit();
`;

const ALL_ENTRIES = `
import type { Session } from 'mcp-actors';
import { connectInMemory } from 'mcp-actors/memory';
import { upstream } from 'mcp-actors/gateway';
import { createHost } from 'mcp-actors/host';
import { doctor, redisStore } from 'mcp-actors/redis';
import { serveWebSocket } from 'mcp-actors/websocket';
import { serveStdio } from 'mcp-actors/stdio';
import { createTestClient } from 'mcp-actors/testing';
export type Entries = [Session, typeof connectInMemory, typeof upstream, typeof createHost,
  typeof serveWebSocket, typeof serveStdio, typeof createTestClient, typeof redisStore,
  typeof doctor];
`;

const NEITHER = `
import { createRuntime } from 'mcp-actors';
const runtime = createRuntime({
  server(session) {
    void session.serverOptions;
    return { connect: async () => {}, close: async () => {} };
  },
});
runtime.on('session.crashed', ({ error }) => {
  console.log((error as { code?: string }).code, (error as Error).message);
  process.exit();
});
const clientInfo = { name: 'by-hand', version: '1.0.0' };
const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
await runtime.fetch(new Request('http://localhost/mcp', { method: 'POST', headers, body }));
`;

const COUNTED = /"text":"1".*"text":"2".*"text":"1"/s;
const cases: readonly Case[] = [
  {
    name: 'SDK v2 alone',
    sdk: '@modelcontextprotocol/server',
    program: quickstart + CALLS,
    without: ['@modelcontextprotocol/sdk'],
    says: COUNTED,
  },
  {
    name: 'SDK v1 alone',
    sdk: '@modelcontextprotocol/sdk',
    program: v1Form(quickstart) + CALLS,
    without: V2,
    says: COUNTED,
  },
  {
    name: 'neither SDK',
    sdk: '',
    program: NEITHER,
    without: ['@modelcontextprotocol/sdk', ...V2],
    says: /^sdk-missing no SDK is installed here: npm install @modelcontextprotocol\/server/,
  },
];

let failed = 0;
try {
  const { tarball } = packInto(folder);
  const oldest = new OldestNode(engines.node, folder);
  for (const each of cases) told(each.name, tryOut(each, tarball, oldest));
  told('docs/quickstart.md', await followed(tarball));
  told(`a clone on Node ${oldest.version}`, oldest.complaintsOfClone(ROOT, folder));
} finally {
  rmSync(folder, { recursive: true });
}
console.log(`${cases.length + 2 - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function told(name: string, problems: readonly string[]): void {
  failed += problems.length === 0 ? 0 : 1;
  console.log(`${name}: ${problems.length === 0 ? 'passed' : problems.join('\n')}`);
}

/** docs/quickstart.md with what the registry gives its reader today. @returns what is wrong */
async function followed(tarball: string): Promise<string[]> {
  const place = join(folder, 'quickstart');
  mkdirSync(place);
  const install = (packages: readonly string[]): string =>
    `npm install ${packages.join(' ').replace('mcp-actors', tarball)}`;
  return followQuickstart({ folder: place, install }).then(
    () => [],
    (error) => [String(error)],
  );
}

function versioned(name: string): string {
  return `${name}@${versions[name] ?? 'latest'}`;
}

/** @returns what is wrong */
function tryOut(each: Case, tarball: string, oldest: OldestNode): string[] {
  const place = join(folder, each.name.replaceAll(' ', '-'));
  mkdirSync(place);
  writeFileSync(join(place, 'package.json'), '{ "type": "module", "private": true }');
  const sdk = each.sdk === '' ? [] : [versioned(each.sdk)];
  const problems = oldest.install(place, [tarball, ...sdk]);
  const weight = weigh(place);
  console.log(`${each.name}: ${weight.packages} packages, ${weight.mib.toFixed(1)} MiB`);
  problems.push(...overweight(weight, promisedWeight(ROOT, each.sdk)));

  // `mcp-actors/testing` has a type of fast-check's, and the programs have schemas.
  const tools = ['typescript', '@types/node', 'fast-check', 'zod'].map(versioned);
  const npm = ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...tools];
  execFileSync('npm', npm, { cwd: place, stdio: ['ignore', 'ignore', 'inherit'] });

  const scope = join(place, 'node_modules/@modelcontextprotocol');
  const there = existsSync(scope) ? readdirSync(scope) : [];
  for (const name of each.without) {
    if (there.includes(name.slice(name.indexOf('/') + 1))) problems.push(`${name} is in the tree`);
  }

  writeFileSync(join(place, 'program.ts'), each.program);
  writeFileSync(join(place, 'entries.ts'), ALL_ENTRIES);
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable', 'dom', 'dom.iterable'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
  };
  const tsconfig = { compilerOptions, files: ['program.ts', 'entries.ts'] };
  writeFileSync(join(place, 'tsconfig.json'), JSON.stringify(tsconfig));
  const run = (...args: string[]): string => {
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: place,
      encoding: 'utf8',
      env: { ...process.env, PORT: '0' },
      timeout: 60_000,
    });
    return stdout + stderr;
  };
  const errors = run('node_modules/typescript/bin/tsc', '-p', '.', '--pretty', 'false');
  // With their libraries: `skipLibCheck` would hide an import of a package that is not there.
  const ours = errors.split('\n').filter((line) => /mcp-actors|^program|^entries/.test(line));
  problems.push(...ours);
  const said = run('program.js');
  if (!each.says.test(said)) problems.push(`it said: ${said}`);
  return problems;
}
