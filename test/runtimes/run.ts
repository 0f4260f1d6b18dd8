import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { install } from '../conformance/install.ts';
import { CHECKS, tryOut } from './contract.ts';
import { NODE_MAJORS, packagedNode } from './nodeProgram.ts';

const HERE = import.meta.dirname;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BUILT = join(ROOT, 'node_modules/.cache/runtimes');
const program = (path: string): string => join(HERE, 'node_modules', path);
const built = (name: string): string => join(BUILT, `${name}.mjs`);

const DENO = program('@deno/linux-x64-glibc/deno');
const ALLOW = ['--allow-net', '--allow-env', '--allow-read', '--allow-sys'];
const BUN = program('@oven/bun-linux-x64/bin/bun');

/** How the contract is served on each host: its command, for a port. */
const HOSTS: readonly (readonly [string, (port: number) => readonly string[]])[] = [
  ...NODE_MAJORS.map(
    (major) => [`Node ${major}`, () => [packagedNode(major), built('node')]] as const,
  ),
  ['Bun, node:http', () => [BUN, built('node')]],
  ['Bun, fetch', () => [BUN, built('web')]],
  ['Deno, node:http', () => [DENO, 'run', ...ALLOW, built('node')]],
  [
    'Deno, fetch',
    (port) => [DENO, 'serve', '--host=127.0.0.1', `--port=${port}`, ...ALLOW, built('web')],
  ],
  [
    'workerd',
    (port) => [program('@cloudflare/workerd-linux-64/bin/workerd'), 'serve', config(port)],
  ],
];

install(HERE);
mkdirSync(BUILT, { recursive: true });
await build({
  entryPoints: ['node', 'web', 'worker'].map((name) => join(HERE, `${name}.ts`)),
  outdir: BUILT,
  outExtension: { '.js': '.mjs' },
  tsconfig: join(ROOT, 'tsconfig.json'),
  bundle: true,
  platform: 'node',
  target: 'es2022',
  format: 'esm',
  banner: {
    js: 'import { createRequire as req } from "node:module";const require = req("file:///");',
  },
});

let failed = 0;
console.log(['', ...CHECKS].map((name, i) => name.padEnd(i === 0 ? 16 : 9)).join(''));
for (const [name, command] of HOSTS) {
  const port = await freePort();
  const [path = '', ...args] = command(port);
  const child = spawn(path, args, { env: { ...process.env, NODE_OPTIONS: '', PORT: `${port}` } });
  const said = collect(child);
  const url = `http://127.0.0.1:${port}/mcp`;
  await listens(url);
  const failures = await tryOut(url);
  child.kill('SIGKILL');
  failed += failures.size;
  const marks = CHECKS.map((check) => (failures.has(check) ? 'FAILED' : 'ok').padEnd(9));
  console.log(name.padEnd(16) + marks.join(''));
  for (const [check, error] of failures) console.log(`  ${check}: ${String(error)}`);
  if (failures.size > 0) console.log(said.join('').slice(-2000));
}
process.exit(failed === 0 ? 0 : 1);

/** Writes what workerd is to serve. @returns the path of the file */
function config(port: number): string {
  const file = join(BUILT, 'workerd.capnp');
  writeFileSync(
    file,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.mjs")],
  compatibilityDate = "2026-11-01",
  compatibilityFlags = ["nodejs_compat"],
  durableObjectNamespaces = [(className = "McpObject", uniqueKey = "mcp")],
  durableObjectStorage = (inMemory = void),
  bindings = [(name = "MCP", durableObjectNamespace = "McpObject")],
);
`,
  );
  return file;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until something answers, for as long as a host may take to start. */
async function listens(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const isThere = await fetch(url, { method: 'PUT' }).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function collect({ stdout, stderr }: ChildProcess): string[] {
  const said: string[] = [];
  for (const stream of [stdout, stderr]) stream?.on('data', (data) => said.push(String(data)));
  return said;
}
