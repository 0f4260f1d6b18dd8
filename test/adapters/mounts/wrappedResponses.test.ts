import createApp, { type RequestHandler } from 'express';
import { legacySse, nodeHandler } from 'mcp-actors/node';
// Before 1.10.1 with an `on-headers` that takes a flat list of headers for a list of pairs.
import morgan from 'morgan-1.10';
import { expect, it, onTestFinished } from 'vitest';
import { FakeRuntime } from '../../support/fakeRuntime.ts';
import { cookieOf, HostRig } from '../../support/hostRig.ts';
import { connect, sdkV1 } from '../../support/sdkClients.ts';
import { listen } from '../doors/door.ts';

/** Serves a handler behind morgan. @returns the origin */
async function behindMorgan(handler: RequestHandler): Promise<string> {
  const app = createApp().use(morgan(':method', { stream: { write() {} } }), handler);
  const { origin, stop } = await listen(app);
  onTestFinished(stop);
  return `http://${origin}`;
}

it('W1: morgan 1.10.0 in front of nodeHandler leaves its headers', async () => {
  const { runtime } = new FakeRuntime({ cors: true });
  onTestFinished(() => runtime.close());
  const url = await behindMorgan(nodeHandler(runtime));
  const client = sdkV1();
  const { sessionId } = await connect(client, `${url}/mcp`);
  expect(sessionId).toEqual(expect.any(String));
  const preflight = await fetch(url, { method: 'OPTIONS', headers: { origin: url } });
  expect(preflight.headers.get('access-control-allow-methods')).toBe('GET, POST, DELETE');
  const refused = await fetch(url, { method: 'PUT' });
  expect(refused.headers.get('content-type')).toBe('application/json');
});

it('W1: morgan 1.10.0 in front of legacySse leaves the headers of its stream', async () => {
  const { runtime } = new FakeRuntime();
  onTestFinished(() => runtime.close());
  const url = await behindMorgan(legacySse(runtime));
  const stream = await fetch(`${url}/sse`, { headers: { accept: 'text/event-stream' } });
  onTestFinished(() => stream.body?.cancel());
  expect(stream.headers.get('content-type')).toBe('text/event-stream');
  expect(stream.headers.get('cache-control')).toBe('no-cache, no-transform');
});

it('W1: morgan 1.10.0 in front of the events of a host leaves their headers', async () => {
  const rig = new HostRig();
  const { host } = rig;
  const url = await behindMorgan((request, response) => void host.nodeEvents(request, response));
  const foreign = await fetch(url, { headers: { origin: 'https://elsewhere.example' } });
  expect([foreign.status, foreign.headers.get('content-type')]).toEqual([403, 'application/json']);
  const stream = await fetch(url, { headers: cookieOf(await rig.enter()) });
  onTestFinished(() => stream.body?.cancel());
  expect(stream.headers.get('content-type')).toBe('text/event-stream');
});
