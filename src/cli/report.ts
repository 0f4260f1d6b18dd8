import { gatewayLog } from '../gateway/index.ts';
import type { Runtime } from '../runtime.ts';

/** How many of the last lines a child process wrote to stderr are shown after its crash. */
const LAST_LINES = 5;
/** Most refused hosts that are told: strangers can make up any number. */
const MAX_STRANGERS = 8;

/** Tells the operator, on stderr, what went wrong with which session's child process. */
export function reportTroubles(runtime: Runtime, startTimeoutMs: number): void {
  const unanswered = new Set<string>();
  runtime.on('session.transition', ({ session, from, to }) => {
    if (from.startsWith('initializing') && to.startsWith('closing')) unanswered.add(session);
  });
  runtime.on('session.ended', ({ session, reason }) => {
    if (!unanswered.delete(session) || reason !== 'handshake-timeout') return;
    const seconds = startTimeoutMs / 1000;
    report(session, `the process did not answer "initialize" within ${seconds} s and was ended`);
  });
  runtime.on('session.crashed', ({ session, error, restarted }) => {
    const what = error instanceof Error ? error.message : String(error);
    report(session, `${what}${restarted ? '; a fresh one takes over' : ''}`);
    for (const line of lastWords(runtime, session)) report(session, `  ${line}`);
  });
  runtime.on('session.orphan', ({ session, what, error }) => {
    if (what === 'resource' && error instanceof Error) report(session, error.message);
  });
  const strangers = new Set<string>();
  runtime.on('caller.foreign', ({ option, name }) => {
    if (option !== 'allowedHosts' || strangers.has(name) || strangers.size >= MAX_STRANGERS) return;
    strangers.add(name);
    const shown = printable(JSON.stringify(name.slice(0, 255)));
    process.stderr.write(`mcp-actors: a request for ${shown} was refused: see --allowed-host\n`);
  });
  runtime.on('endpoint.failed', ({ error }) => {
    process.stderr.write(`mcp-actors: ${printable(String(error))}\n`);
  });
}

function report(session: string, what: string): void {
  process.stderr.write(`session ${session}: ${printable(what)}\n`);
}

/** Masks control characters: text of other programs must not steer the operator's terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '?');
}

function lastWords(runtime: Runtime, key: string): string[] {
  const session = runtime.residents().find((each) => each.key === key);
  const entries = session === undefined ? [] : (gatewayLog(session)?.entries ?? []);
  const words = entries.filter(({ source }) => source === 'stderr').map(({ text }) => text);
  return words.slice(-LAST_LINES);
}
