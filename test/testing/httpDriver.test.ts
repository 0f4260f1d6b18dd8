import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { httpDriver, type HttpDriverOptions, type HttpRun, sessionModel } from 'mcp-actors/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventData } from '../../src/testing/http/eventData.ts';

const NOTHING: HttpDriverOptions = {
  url: 'http://127.0.0.1:1/mcp',
  quick: { name: 'quick' },
  timeoutMs: 200,
  without: {
    time: 'test',
    slow: 'test',
    questions: 'test',
    notices: 'test',
    instances: 'test',
    principals: 'test',
    eviction: 'test',
  },
};

/** A run against a server that answers as a test says. */
async function runOn(listener: RequestListener, more: Partial<HttpDriverOptions> = {}) {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  const driver = httpDriver({ ...NOTHING, url, ...more });
  const run = await driver.begin();
  onTestFinished(async () => {
    await driver.end(run);
    server.closeAllConnections();
    server.close();
  });
  return { driver, run };
}

/** What an edge of the session model that leaves a state by an event finds on a run. */
async function found(
  { driver, run }: { driver: ReturnType<typeof httpDriver>; run: HttpRun },
  from: string,
  event: string,
): Promise<string> {
  const edge = sessionModel.edges.find((each) => each.from === from && each.event === event);
  if (edge === undefined) throw new Error(`no ${event} from ${from}`);
  try {
    await driver.events[edge.event](run, edge);
    await driver.expectations[edge.expects](run);
    return 'as expected';
  } catch (error) {
    return (error as Error).message;
  }
}

const json = (status: number, body: object, headers = {}): RequestListener => {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
};
const OPENED = { jsonrpc: '2.0', id: 1, result: {} };
const ID = { 'mcp-session-id': 'abc' };

describe('httpDriver', () => {
  it('leaves nothing out unseen: each feature is given, or named with a reason', () => {
    for (const [feature, option] of [
      ['time', 'time'],
      ['slow', 'slow'],
      ['questions', 'ask'],
      ['notices', 'notice'],
      ['instances', 'instance'],
      ['principals', 'foreign'],
      ['eviction', 'evict'],
    ]) {
      const without = { ...NOTHING.without, [feature as string]: undefined };
      expect(() => httpDriver({ ...NOTHING, without })).toThrow(
        `httpDriver: give ${option}, or say in without.${feature} why not`,
      );
    }
    expect(() => httpDriver({ ...NOTHING, notice: { name: 'notice' } })).toThrow(
      'httpDriver: both notice and without.notices are given',
    );
    // Where an option is given, nothing is left out.
    const given = { ...NOTHING.without, ['notices' as string]: undefined };
    const driver = httpDriver({ ...NOTHING, notice: { name: 'notice' }, without: given });
    expect(driver.without).not.toHaveProperty('notices');
    expect(httpDriver(NOTHING).name).toBe('http://127.0.0.1:1/mcp');
  });

  it.each([
    ['a session', json(200, OPENED, ID), 'as expected'],
    ['no id', json(200, OPENED), /Mcp-Session-Id of visible ASCII; saw none/],
    ['an id of other characters', json(200, OPENED, { 'mcp-session-id': 'a b' }), /visible ASCII/],
    [
      'an error',
      json(200, { jsonrpc: '2.0', id: 1, error: { code: 1 } }, ID),
      /200 and one result/,
    ],
    ['another status', json(201, OPENED, ID), /200 and one result; saw 201/],
    ['no JSON', (_, response) => response.end('<html>'), /expected JSON-RPC; saw 200/],
    ['no end', (_, response) => response.writeHead(200).flushHeaders(), /and no more in time/],
    ['no answer', () => {}, /no response to POST initialize \(still open\), and no more in time/],
    ['a broken line', (_, response) => response.destroy(), /socket hang up/],
  ] as [string, RequestListener, string | RegExp][])(
    'tells what came for an initialize: %s',
    async (_, listener, seen) => {
      expect(await found(await runOn(listener), 'none', 'initialize')).toMatch(seen);
    },
  );

  it('takes 404 and -32001 for unknown on POST, 404 or 405 elsewhere, and nothing else', async () => {
    const answers = new Map([
      ['POST', [404, -32001]],
      ['GET', [404, 0]],
      ['DELETE', [405, 0]],
    ]);
    const listener: RequestListener = ({ method = '' }, response) => {
      const [status = 0, code = 0] = answers.get(method) ?? [];
      json(status, { jsonrpc: '2.0', id: null, error: { code } })({} as never, response);
    };
    const here = await runOn(listener);
    expect(await found(here, 'none', 'id.unknown')).toBe('as expected');
    answers.set('POST', [404, -32000]);
    expect(await found(here, 'none', 'id.unknown')).toMatch(/404 and error -32001; saw 404/);
    answers.set('POST', [405, 0]);
    expect(await found(here, 'none', 'id.unknown')).toMatch(/404 and error -32001; saw 405/);
    answers.set('POST', [404, -32001]).set('DELETE', [204, 0]);
    expect(await found(here, 'none', 'id.unknown')).toMatch(/saw 204/);
  });

  it('sends what it is told to: headers, the revision, and none of the session before there is one', async () => {
    const heads: unknown[] = [];
    const { driver, run } = await runOn(
      (request, response) => {
        heads.push(request.headers);
        json(200, OPENED, ID)(request, response);
      },
      { headers: { authorization: 'Bearer x' }, protocolVersion: '2025-06-18' },
    );
    const here = { driver, run };
    await found(here, 'none', 'initialize');
    await found(here, 'opened', 'ping');
    expect(heads).toMatchObject([
      { authorization: 'Bearer x' },
      { authorization: 'Bearer x', 'mcp-session-id': 'abc', 'mcp-protocol-version': '2025-06-18' },
    ]);
    expect(heads[0]).not.toHaveProperty('mcp-session-id');
    expect(heads[0]).not.toHaveProperty('mcp-protocol-version');
  });
});

describe('eventData', () => {
  it.each([
    ['data: a\n\n', ['a']],
    ['event: message\nid: 1\ndata: a\ndata: b\n\ndata:c\n\n', ['a\nb', 'c']],
    ['data: a\r\n\r\ndata: b\r\rdata: not whole', ['a', 'b']],
    [': comment\n\nid: 1\nretry: 5\ndata: \n\n', []],
    ['dataset: x\n\n', []],
  ])('reads %j', (text, data) => {
    expect(eventData(text)).toEqual(data);
  });
});
