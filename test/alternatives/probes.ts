import { setTimeout as delay } from 'node:timers/promises';
import { readUntil, type Said, type Subject } from './subject.ts';

const MIB = 2 ** 20;
const META = 'io.modelcontextprotocol/';

/** What is done to each server, by the first cell of its row in the README, and what it said to it. */
export const PROBES: Readonly<Record<string, (subject: Subject) => Promise<string>>> = {
  async 'A count that a tool keeps for its session'(subject) {
    const session = await subject.open('alice');
    await subject.call(session, 'count');
    return countOf(await subject.call(session, 'count')) === 2 ? 'kept' : 'lost';
  },

  async 'The same after `kill -9` and a restart'(subject) {
    const session = await subject.open('alice');
    await subject.call(session, 'count');
    await subject.end('SIGKILL');
    await subject.start();
    const said = await subject.call(session, 'count');
    return countOf(said) === 2 ? 'kept' : lostBy(said);
  },

  async 'SIGTERM while a call runs'(subject) {
    const session = await subject.open('alice');
    const call = subject.call(session, 'slow');
    await delay(300);
    await subject.end('SIGTERM');
    const { text } = await call;
    await subject.start();
    return isDone(text) ? 'answered' : 'cut';
  },

  async 'A connection that breaks while a call runs'(subject) {
    const session = await subject.open('alice');
    const connection = new AbortController();
    const params = { name: 'slow', arguments: {}, _meta: { progressToken: 7 } };
    const call = { id: 1, method: 'tools/call', params };
    const response = await subject.post(call, session, connection.signal);
    const seen = await readUntil(response, '"progress":2');
    connection.abort();
    // As long as the SDK's clients wait before they come back.
    await delay(1000);
    const last = Array.from(seen.matchAll(/^id: (.+)$/gm), ([, id]) => id).at(-1);
    if (last === undefined) return 'answer lost';
    const { text } = await subject.resume(session, last, '"text":"done"');
    return isDone(text) ? 'resumed' : 'answer lost';
  },

  async "A session id in another user's request"(subject) {
    const session = await subject.open('alice');
    if (!('mcp-session-id' in session)) return 'no sessions';
    const { status } = await subject.call({ ...session, authorization: 'Bearer bob' }, 'count');
    return status === 200 ? 'served' : `${status}`;
  },

  async 'A request id that is in flight already'(subject) {
    const session = await subject.open('alice');
    const first = subject.call(session, 'slow', 9);
    await delay(300);
    const second = await subject.call(session, 'count', 9);
    if (second.status !== 200) return isDone((await first).text) ? `${second.status}` : 'both lost';
    return isDone((await first).text) ? 'served' : 'one answer lost';
  },

  async 'A rejected promise that nobody awaits'(subject) {
    const [session, other] = [await subject.open('alice'), await subject.open('bob')];
    await subject.call(session, 'stray');
    await delay(500);
    const { status } = await subject.call(other, 'count');
    if (!subject.isAlive) await subject.start();
    return status === 200 ? 'ends its session' : 'ends the process';
  },

  async 'A request for a foreign host'(subject) {
    return servedOr(await subject.statusOf({ host: 'elsewhere.test' }));
  },

  async 'A request from a page of a foreign origin'(subject) {
    return servedOr(await subject.statusOf({ origin: 'https://elsewhere.test' }));
  },

  async 'A body of 1 MiB'(subject) {
    const session = await subject.open('alice');
    const more = { arguments: { much: 'x'.repeat(MIB) } };
    return servedOr((await subject.call(session, 'count', 1, more)).status);
  },

  async 'A client of revision 2026-07-28'(subject) {
    const _meta = {
      [`${META}protocolVersion`]: '2026-07-28',
      [`${META}clientInfo`]: { name: 'p', version: '1' },
      [`${META}clientCapabilities`]: {},
    };
    const headers = {
      authorization: 'Bearer alice',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'count',
    };
    return servedOr((await subject.call(headers, 'count', 1, { _meta })).status);
  },
};

function countOf({ text }: Said): number {
  return Number(/"text":"(\d+)"/.exec(text)?.[1]);
}

function isDone(text: string): boolean {
  return text.includes('"text":"done"');
}

function lostBy({ status }: Said): string {
  return status === 200 ? 'lost' : `lost, ${status}`;
}

function servedOr(status: number | undefined): string {
  return status === 200 ? 'served' : `${status}`;
}
