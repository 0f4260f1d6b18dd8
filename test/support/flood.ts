/**
 * One principal that takes whatever it is given, in a process of its own: as many rounds as it can,
 * until it is killed. What it is answered is nothing to it.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const [url = '', ...kinds] = process.argv.slice(2);
const { port } = new URL(url);
const HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'x-user': 'mallory',
};
const clientInfo = { name: 'flood', version: '1' };
const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
/** Loops of one kind that run at once. */
const AT_ONCE = 6;
/** Large answers are work of the handler, which no limit of ours makes less. */
const OF_ANSWERS = 1;
/** Connections of one kind that are left hanging: the oldest are closed to make room for more. */
const MOST_HANGING = 400;
let count = 0;

async function post(message: object, session?: string): Promise<Response> {
  const headers = { ...HEADERS, ...(session !== undefined && { 'mcp-session-id': session }) };
  const body = JSON.stringify({ jsonrpc: '2.0', ...message });
  const response = await fetch(url, { method: 'POST', headers, body });
  await response.text();
  return response;
}

async function initialize(): Promise<string | undefined> {
  const { headers } = await post({ id: 'init', method: 'initialize', params });
  return headers.get('mcp-session-id') ?? undefined;
}

async function open(): Promise<string> {
  const session = await initialize();
  if (session === undefined) throw new Error('refused');
  await post({ method: 'notifications/initialized' }, session);
  return session;
}

/** Sends the head of a POST and some of its body, and does no more. */
function hang(
  hanging: Socket[],
  session: string,
  body: string,
  length = body.length,
): Promise<void> {
  const named = { ...HEADERS, 'mcp-session-id': session, host: 'localhost' };
  const head = Object.entries({ ...named, 'content-length': String(length) });
  const lines = head.map(([name, value]) => `${name}: ${value}`);
  const socket = connect(Number(port), '127.0.0.1').pause();
  socket.on('error', () => {});
  hanging.push(socket);
  while (hanging.length > MOST_HANGING) hanging.shift()?.destroy();
  return new Promise((resolve) => {
    socket.write(`POST /mcp HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`, () => resolve());
  });
}

const call = (method: string, more = ''): string =>
  JSON.stringify({ jsonrpc: '2.0', id: ++count, method, params: { more } });

/** Kinds whose rounds open sessions of their own. */
const OPENING = new Set(['handshakes', 'sessions']);

/** A round of one kind, in a session that may be used up. */
type Round = (session: string, hanging: Socket[]) => Promise<unknown>;

const ROUNDS: Record<string, Round> = {
  handshakes: () => initialize(),
  sessions: () => open(),
  queues: (session, hanging) => hang(hanging, session, call('hold', 'x'.repeat(20_000))),
  unread: async (session, hanging) => {
    await hang(hanging, session, call('big'));
    await delay(20);
  },
  uploads: (session, hanging) => hang(hanging, session, 'x'.repeat(60_000), 1_000_000),
  notifications: (session) => post({ method: 'notifications/roots/list_changed' }, session),
};

async function loop(
  round: (session: string) => Promise<unknown>,
  held: string | undefined,
  onFlooding: () => void,
): Promise<void> {
  let session = held;
  for (let i = 1; ; i++) {
    try {
      session ??= await open();
      // A session that is refused leaves the one before.
      if (i % 200 === 0) session = await open().catch(() => session!);
      await round(session);
    } catch {
      session = undefined;
      // Refused, or cut: the next round comes at once.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (i === 50) onFlooding();
  }
}

/** Starts the loops of a kind, each in a session that is open. @returns when they flood */
async function start(kind: string): Promise<void> {
  const loops = kind === 'unread' ? OF_ANSWERS : AT_ONCE;
  const sessions: (string | undefined)[] = [];
  while (sessions.length < loops) sessions.push(OPENING.has(kind) ? undefined : await open());
  const hanging: Socket[] = [];
  const round = (session: string): Promise<unknown> => ROUNDS[kind]!(session, hanging);
  await Promise.all(
    sessions.map((session) => new Promise<void>((resolve) => void loop(round, session, resolve))),
  );
  console.log(`flooding ${kind}`);
}

// Whoever floods handshakes has none left for another session, so these kinds are the last.
const [first, last] = [
  kinds.filter((kind) => !OPENING.has(kind)),
  kinds.filter((kind) => OPENING.has(kind)),
];
for (const some of [first, last]) await Promise.all(some.map(start));
