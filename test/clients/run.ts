import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { startEverythingServer } from '../conformance/everything-server.ts';
import { install } from '../conformance/install.ts';
import { refereeNode } from '../conformance/referee-node.ts';

/** `newer`: asks for a newer Node.js than ours. */
const clients = [
  { name: 'SDK 1.12', script: 'sdk-1-12.mjs' },
  { name: 'SDK 1.32', script: 'sdk-1-32.mjs' },
  { name: 'SDK 2.4', script: 'sdk-2-default.mjs' },
  { name: 'SDK 2.4, auto', script: 'sdk-2-auto.mjs' },
  { name: 'AI SDK', script: 'ai-sdk.mjs', newer: true },
  { name: 'LangChain', script: 'langchain.mjs' },
  { name: 'Inspector CLI', script: 'inspector.mjs', newer: true },
];
const steps = ['connect', 'list', 'call', 'progress', 'close'] as const;
const timeLimitMs = 60_000;

type Outcome = Record<(typeof steps)[number], string> & { ms: number };

install(join(import.meta.dirname, '../conformance'));
install(import.meta.dirname);
const server = await startEverythingServer();
const outcomes = new Map<string, Outcome>();
try {
  // One after the other: the milliseconds are each client's own.
  for (const { name, script, newer } of clients) {
    outcomes.set(name, await travel(newer ? refereeNode() : process.execPath, script));
  }
} finally {
  await server.stop();
}

const failures = [...outcomes].flatMap(([name, outcome]) =>
  steps.filter((step) => isTrouble(outcome[step])).map((step) => ({ name, step, outcome })),
);
console.log(row('client', [...steps, 'ms']));
for (const [name, outcome] of outcomes) {
  console.log(row(name, [...steps.map((step) => mark(outcome[step])), String(outcome.ms)]));
}
for (const { name, step, outcome } of failures) console.log(`${name}, ${step}: ${outcome[step]}`);

const failed = new Set(failures.map(({ name }) => name)).size;
console.log(`${clients.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** A process of its own for each client: one that crashes takes no other along. */
async function travel(node: string, script: string): Promise<Outcome> {
  const child = spawn(node, [join(import.meta.dirname, script), server.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const late = setTimeout(() => child.kill('SIGKILL'), timeLimitMs);
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(late);
  try {
    return JSON.parse(said.trim().split('\n').at(-1) ?? '') as Outcome;
  } catch {
    const end = `ended with ${code ?? 'a signal'}`;
    return { connect: end, list: '-', call: '-', progress: '-', close: '-', ms: 0 };
  }
}

function isTrouble(step: string): boolean {
  return step !== 'ok' && step !== '-';
}

function mark(step: string): string {
  return isTrouble(step) ? 'FAIL' : step;
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(16) + cells.map((cell) => cell.padStart(10)).join('');
}
