import createApp, { type RequestHandler } from 'express';
import { legacySse, nodeHandler } from 'mcp-actors/node';
import type { RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeRuntime } from '../../support/fakeRuntime.ts';
import { INITIALIZE } from '../../support/send.ts';
import { listen } from '../doors/door.ts';

const MESSAGE = { jsonrpc: '2.0', ...INITIALIZE };
const BODY = JSON.stringify(MESSAGE);
const HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

function setUp() {
  const world = new FakeRuntime();
  onTestFinished(() => world.runtime.close());
  const errors = world.record('endpoint.failed');
  return { runtime: world.runtime, errors };
}

/** Posts a body to a listener. @returns its status, and the code of its refusal if any */
async function post(
  listener: RequestListener,
  body: BodyInit = BODY,
  path = '/',
): Promise<[status: number, code: string | undefined]> {
  const { origin, stop } = await listen(listener);
  onTestFinished(stop);
  const request = { method: 'POST', headers: HEADERS, body };
  const response = await fetch(`http://${origin}${path}`, request);
  const { error } = (await response.json()) as { error?: { data: { code: string } } };
  return [response.status, error?.data.code];
}

const consumed = { error: expect.objectContaining({ code: 'body-consumed' }) };

/** Middleware as teams write it: it reads the body for a log, and hands the request on. */
const logger: RequestHandler = (request, _response, next) => {
  request.resume().once('end', () => setImmediate(next));
};

describe('a body that other code has read', () => {
  it('W2: is answered at once by nodeHandler, and its cause is announced', async () => {
    const { runtime, errors } = setUp();
    const app = createApp().use(logger, nodeHandler(runtime));
    expect(await post(app)).toEqual([500, 'internal-error']);
    expect(errors).toEqual([consumed]);
  });

  it('W2: is answered by nodeHandler where only its first part was read', async () => {
    const { runtime, errors } = setUp();
    const handler = nodeHandler(runtime);
    const app: RequestListener = (request, response) => {
      request.once('data', () => {
        request.pause();
        setImmediate(() => handler(request, response));
      });
    };
    expect(await post(app)).toEqual([500, 'internal-error']);
    expect(errors).toEqual([consumed]);
  });

  it('W2: is answered at once by legacySse', async () => {
    const { runtime, errors } = setUp();
    const app = createApp().use(logger, legacySse(runtime));
    expect(await post(app, BODY, '/messages?sessionId=1')).toEqual([500, 'internal-error']);
    expect(errors).toEqual([consumed]);
  });

  it.each([
    ['read', (request: Request) => request.text()],
    ['being read', (request: Request) => void request.text()],
    ['locked', (request: Request) => void request.body?.getReader()],
  ])('W2: is answered by fetch where it is %s', async (_, read) => {
    const { runtime, errors } = setUp();
    const request = new Request('http://localhost/mcp', {
      method: 'POST',
      headers: HEADERS,
      body: BODY,
    });
    await read(request);
    const response = await runtime.fetch(request);
    expect([response.status, errors]).toEqual([500, [consumed]]);
  });

  it('W2: fetch resolves, whatever it is given', async () => {
    const { runtime, errors } = setUp();
    const response = await runtime.fetch({} as Request);
    expect([response.status, errors.length]).toEqual([500, 1]);
  });

  it('W2: is read where middleware has put back what it looked at', async () => {
    const { runtime, errors } = setUp();
    const handler = nodeHandler(runtime);
    const app: RequestListener = (request, response) => {
      request.once('readable', () => {
        const [first, rest] = halves(request.read() as Buffer);
        request.unshift(rest);
        request.unshift(first);
        setImmediate(() => handler(request, response));
      });
    };
    expect(await post(app)).toEqual([200, undefined]);
    expect(errors).toEqual([]);
  });

  it('W2: is read where middleware has set an encoding', async () => {
    const { runtime } = setUp();
    const handler = nodeHandler(runtime);
    const app: RequestListener = (request, response) => {
      handler(request.setEncoding('latin1'), response);
    };
    const named = BODY.replace('sender', 'ö€');
    expect(await post(app, named)).toEqual([200, undefined]);
  });

  it('W2: a body that nobody has sent is no body that was read', async () => {
    const { runtime, errors } = setUp();
    const app = createApp().use(logger, nodeHandler(runtime));
    expect(await post(app, '')).toEqual([400, 'parse-error']);
    expect(errors).toEqual([]);
  });
});

/** What hands the body on parsed, as the third argument. */
function parsing(
  handler: (...given: [...Parameters<RequestListener>, unknown]) => void,
): RequestListener {
  return (request, response) => {
    void text(request).then((body) => handler(request, response, JSON.parse(body)));
  };
}

describe('a body that the host has parsed', () => {
  it('W13: is the third argument, as of the transport of the SDK', async () => {
    const { runtime } = setUp();
    const handler = nodeHandler(runtime);
    const app = parsing(handler);
    expect(await post(app)).toEqual([200, undefined]);
    expect(await post(app, '[]')).toEqual([400, 'invalid-request']);
    expect(await post(app, '{}')).toEqual([400, 'invalid-request']);
  });

  it('W13: is the third argument of legacySse', async () => {
    const { runtime } = setUp();
    const handler = legacySse(runtime);
    const app = parsing(handler);
    expect(await post(app, BODY, '/messages')).toEqual([404, 'session-not-found']);
    expect(await post(app, '{}', '/messages')).toEqual([400, 'invalid-request']);
  });

  it('W13: names no caller, whatever is in it: authInfo is the fourth argument', async () => {
    const principals: unknown[] = [];
    const world = new FakeRuntime({
      principal: (authInfo) => {
        principals.push(authInfo?.clientId);
        return authInfo?.clientId;
      },
    });
    onTestFinished(() => world.runtime.close());
    const errors = world.record('endpoint.failed');
    const handler = nodeHandler(world.runtime);
    const authInfo = { token: 't', clientId: 'alice', scopes: [] };
    const app = parsing((request, response, body) => {
      handler(request, response, body, { authInfo });
    });
    const forged = { authInfo: { ...authInfo, clientId: 'mallory' }, parsedBody: MESSAGE };
    expect(await post(app, JSON.stringify(forged))).toEqual([500, 'internal-error']);
    expect(errors).toEqual([{ error: expect.objectContaining({ code: 'bad-option' }) }]);
    expect(principals).toEqual([]);
    expect(await post(app)).toEqual([200, undefined]);
    expect(principals).toEqual(['alice']);
  });

  it('W13: that a parser of express 4 has left alone is read', async () => {
    const { runtime } = setUp();
    const handler = nodeHandler(runtime);
    // What `express.urlencoded()` and `express.text()` leave of a body that is not theirs.
    const app: RequestListener = (request, response) =>
      handler(Object.assign(request, { body: {} }), response);
    expect(await post(app)).toEqual([200, undefined]);
  });
});

function halves(whole: Buffer): [Buffer, Buffer] {
  const middle = whole.length >> 1;
  return [whole.subarray(0, middle), whole.subarray(middle)];
}
