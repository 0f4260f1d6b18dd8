import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEverythingServer } from '../conformance/everything-server.ts';
import { install } from '../conformance/install.ts';
import { refereeNode } from '../conformance/referee-node.ts';
import { EverythingProcess } from '../support/everythingProcess.ts';
import { type Outcome, Traveller } from './traveller.ts';

interface Client {
  readonly name: string;
  readonly script: string;
  /** Asks for a newer Node.js than ours. */
  readonly newer?: true;
  /** Opens a session for each call: a restart has nothing of it to keep. */
  readonly brief?: true;
  /** Leaves a call alone whose stream broke, until it times out. */
  readonly forgets?: true;
}

const clients: readonly Client[] = [
  { name: 'SDK 1.12', script: 'sdk-1-12.mjs', forgets: true },
  { name: 'SDK 1.20', script: 'sdk-1-20.mjs', forgets: true },
  { name: 'SDK 1.32', script: 'sdk-1-32.mjs' },
  { name: 'SDK 2.4', script: 'sdk-2-default.mjs' },
  { name: 'SDK 2.4, auto', script: 'sdk-2-auto.mjs' },
  { name: 'AI SDK', script: 'ai-sdk.mjs', newer: true, forgets: true },
  { name: 'LangChain', script: 'langchain.mjs' },
  { name: 'Inspector CLI', script: 'inspector.mjs', newer: true, brief: true },
];
const VISIT = ['connect', 'list', 'call', 'progress', 'close'];
const RESTART = ['connect', 'kill', 'killed', 'killGet', 'term', 'termed', 'termGet', 'close'];
const nothing: Outcome = { ms: 0 };

install(join(import.meta.dirname, '../conformance'));
install(import.meta.dirname);
const failed =
  report(await visits(), 'visit', VISIT) + report(await restarts(), 'restart', RESTART);
console.log(`kill, term: the session went on after kill -9 and SIGTERM; "-": a session for each call.
killed, termed: a call that was running was told that its process died, done before it did, or left
alone by its client until it timed out.
killGet, termGet: the GET stream was opened again; "-": none was open, or its client never does.
`);
const travelled = 2 * clients.length - clients.filter(({ brief }) => brief).length;
console.log(`${travelled - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** One after the other: the milliseconds are each client's own. */
async function visits(): Promise<Map<string, Outcome>> {
  const server = await startEverythingServer();
  const outcomes = new Map<string, Outcome>();
  try {
    for (const client of clients) {
      outcomes.set(client.name, await send(client, server.url).outcome);
    }
  } finally {
    await server.stop();
  }
  return outcomes;
}

/** All at once, on one server: it is killed when each has a call that runs. */
async function restarts(): Promise<Map<string, Outcome>> {
  const data = mkdtempSync(join(tmpdir(), 'mcp-actors-clients-'));
  let server = await EverythingProcess.start(0, ['--data', data]);
  try {
    const { url, port } = server;
    const travellers = new Map(
      clients.filter(({ brief }) => !brief).map((each) => [each.name, send(each, url, 'restart')]),
    );
    const all = [...travellers.values()];
    for (const [index, signal] of (['SIGKILL', 'SIGTERM'] as const).entries()) {
      await Promise.all(all.map((traveller) => traveller.ready(index + 1)));
      await server.end(signal);
      server = await EverythingProcess.start(port, ['--data', data]);
      for (const traveller of all) traveller.goOn();
    }
    const outcomes = new Map<string, Outcome>();
    for (const client of clients) {
      const outcome = await travellers.get(client.name)?.outcome;
      outcomes.set(client.name, outcome === undefined ? nothing : judge(client, outcome));
    }
    return outcomes;
  } finally {
    await server.end('SIGKILL');
    rmSync(data, { recursive: true });
  }
}

/** A call whose process died is told so where its client comes back for it; SIGTERM lets one finish. */
function judge({ forgets }: Client, outcome: Outcome): Outcome {
  const { killed = '-', termed = '-' } = outcome;
  return {
    ...outcome,
    killed: expected(killed, 'told', ...(forgets ? ['timeout'] : [])),
    termed: expected(termed, 'done'),
  };
}

function expected(text: string | number, ...texts: readonly string[]): string {
  return [...texts, '-'].includes(`${text}`) || isTrouble(text)
    ? `${text}`
    : `FAIL it was: ${text}`;
}

function send({ script, newer }: Client, ...args: string[]): Traveller {
  return new Traveller(newer ? refereeNode() : process.execPath, script, args);
}

/** @returns how many failed */
function report(outcomes: Map<string, Outcome>, title: string, steps: readonly string[]): number {
  console.log(row(title, [...steps, 'ms']));
  for (const [name, outcome] of outcomes) {
    const marks = steps.map((step) => (isTrouble(outcome[step]) ? 'FAIL' : (outcome[step] ?? '-')));
    console.log(row(name, [...marks, outcome['ms'] ?? 0].map(String)));
  }
  const failures = [...outcomes].flatMap(([name, outcome]) =>
    steps.filter((step) => isTrouble(outcome[step])).map((step) => [name, step, outcome[step]]),
  );
  for (const [name, step, what] of failures) console.log(`${title}, ${name}, ${step}: ${what}`);
  console.log();
  return new Set(failures.map(([name]) => name)).size;
}

function isTrouble(step: string | number | undefined): boolean {
  return String(step).startsWith('FAIL');
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(16) + cells.map((cell) => cell.padStart(10)).join('');
}
