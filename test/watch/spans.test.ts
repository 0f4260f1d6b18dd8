import {
  context,
  createContextKey,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type TextMapPropagator,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { instrument, type InstrumentOptions } from 'mcp-actors/metrics';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { endpointOf } from '../../src/http/endpointOf.ts';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { call } from '../support/rawClient.ts';
import { startRig } from '../support/rig.ts';

const exporter = new InMemorySpanExporter();
const tracer = new BasicTracerProvider({
  spanProcessors: [new SimpleSpanProcessor(exporter)],
}).getTracer('test');
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const TRACEPARENT = `00-${TRACE}-${PARENT}-01`;

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterEach(() => {
  exporter.reset();
  propagation.disable();
});

/** A runtime under spans alone, and a client of it. */
async function watched(
  options: InstrumentOptions = {},
  of: ConstructorParameters<typeof FakeRuntime>[0] = {},
) {
  const world = new FakeRuntime(of);
  const client = await world.open();
  const stop = instrument(world.runtime, { meter: false, tracer, ...options });
  return { world, client, stop };
}

function traceOf(n: number): string {
  return n.toString(16).repeat(32);
}

/** The span of a call with this in `_meta`. */
async function spanOf(meta: Record<string, unknown>): Promise<ReadableSpan | undefined> {
  const { client } = await watched();
  await client.call('tools/list', { _meta: meta });
  return exporter.getFinishedSpans()[0];
}

describe('a span', () => {
  it('is one server span for each request, named by its method', async () => {
    const { world, client } = await watched();
    await client.call('tools/call', { name: 'secret', arguments: { token: 'hunter2' } });
    await client.call('made/up');
    await client.notify('notifications/progress', {});
    const spans = exporter.getFinishedSpans();
    const [session] = world.runtime.residents();
    const common = {
      'mcp.protocol.version': '2025-11-25',
      'network.transport': 'tcp',
      'network.protocol.name': 'http',
      'mcp_actors.session': session?.key,
    };
    expect(
      spans.map(({ name, kind, status, attributes }) => [name, kind, status.code, attributes]),
    ).toEqual([
      [
        'tools/call',
        SpanKind.SERVER,
        SpanStatusCode.UNSET,
        { 'mcp.method.name': 'tools/call', 'gen_ai.operation.name': 'execute_tool', ...common },
      ],
      ['_OTHER', SpanKind.SERVER, SpanStatusCode.UNSET, { 'mcp.method.name': '_OTHER', ...common }],
    ]);
    const said = JSON.stringify(spans.map(({ attributes, events }) => [attributes, events]));
    for (const secret of [client.id, 'secret', 'hunter2']) expect(said).not.toContain(secret);
  });

  it('of initialize has the revision that was agreed on', async () => {
    const { world } = await watched();
    await world.open();
    expect(exporter.getFinishedSpans()[0]?.attributes).toMatchObject({
      'mcp.method.name': 'initialize',
      'mcp.protocol.version': '2025-11-25',
    });
  });

  it('names the tools it is told to', async () => {
    const { client } = await watched({ targets: ['known'], attributes: { env: 'test' } });
    await client.call('tools/call', { name: 'known' });
    await client.call('tools/call', { name: 'secret' });
    const spans = exporter.getFinishedSpans();
    expect(spans.map(({ name, attributes }) => [name, attributes['gen_ai.tool.name']])).toEqual([
      ['tools/call known', 'known'],
      ['tools/call _OTHER', '_OTHER'],
    ]);
    expect(spans[0]?.attributes['env']).toBe('test');
  });

  it('is an error where the request failed, without a word of the error', async () => {
    const { client } = await watched(
      {},
      {
        hook: (message, server) => {
          if (!('id' in message) || !('method' in message) || message.method !== 'fail')
            return false;
          server.fail(message.id, 'secret');
          return true;
        },
      },
    );
    await client.call('fail');
    const [span] = exporter.getFinishedSpans();
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(span?.attributes).toMatchObject({
      'error.type': '-32000',
      'rpc.response.status_code': '-32000',
    });
  });

  it('ends with a cancel, with the end of its session, and with the instrument', async () => {
    const { world, client, stop } = await watched();
    const calls = [client.request('hold', {}, 'a')];
    await turn();
    await client.notify('notifications/cancelled', { requestId: 'a' });
    calls.push(client.request('hold', {}, 'b'));
    await turn();
    const closed = world.runtime.close();
    await world.clock.elapse(0);
    await Promise.all([closed, ...calls]);
    const ends = exporter.getFinishedSpans().map(({ attributes }) => attributes['error.type']);
    expect(ends).toEqual(['cancelled', 'cut']);
    stop();
    const other = await watched();
    void other.client.request('hold', {}, 1);
    await turn();
    other.stop();
    expect(exporter.getFinishedSpans()).toHaveLength(3);
    expect(endpointOf(other.world.runtime).services.events.watchesRequests).toBe(false);
  });

  it('is nothing without an SDK: the handler runs as it is, and nothing is kept', async () => {
    const active: unknown[] = [];
    const { client } = await watched(
      { tracer: trace.getTracer('none') },
      { hook: () => void active.push(trace.getActiveSpan()) },
    );
    expect((await client.call('tools/list')).error).toBeUndefined();
    expect([active.at(-1), exporter.getFinishedSpans()]).toEqual([undefined, []]);
  });

  it('a tracer that throws changes nothing for a session', async () => {
    const { world, client } = await watched({
      tracer: Object.assign(Object.create(tracer) as typeof tracer, {
        startSpan: () => {
          throw new Error('tracer');
        },
      }),
    });
    const failures = world.record('observer.failed');
    expect((await client.call('tools/list')).error).toBeUndefined();
    expect(failures.map(({ event }) => event)).toEqual(['request.began']);
  });
});

describe('the parent of a span', () => {
  it('is what the client sent in _meta, with its state and its decision to sample', async () => {
    const span = await spanOf({ traceparent: TRACEPARENT, tracestate: 'vendor=1' });
    const { traceId, traceFlags, traceState } = span!.spanContext();
    expect([traceId, traceFlags, traceState?.serialize()]).toEqual([TRACE, 1, 'vendor=1']);
    expect(span?.parentSpanContext).toMatchObject({ spanId: PARENT, isRemote: true });
    exporter.reset();
    // Parent-based sampling is the SDK's default: an unsampled parent is followed.
    expect(await spanOf({ traceparent: `00-${TRACE}-${PARENT}-00` })).toBeUndefined();
  });

  it.each([
    ['nothing', {}],
    ['no text', { traceparent: { version: 0 } }],
    ['words', { traceparent: 'trace me' }],
    ['version ff', { traceparent: `ff-${TRACE}-${PARENT}-01` }],
    ['version 00 with more', { traceparent: `${TRACEPARENT}-more` }],
    ['a trace of zeros', { traceparent: `00-${'0'.repeat(32)}-${PARENT}-01` }],
    ['a parent of zeros', { traceparent: `00-${TRACE}-${'0'.repeat(16)}-01` }],
    ['capitals', { traceparent: TRACEPARENT.toUpperCase() }],
    ['baggage alone', { baggage: 'a=1' }],
  ])('is none where the client sent %s', async (_, meta) => {
    const span = await spanOf(meta);
    expect(span?.parentSpanContext).toBeUndefined();
    expect(span?.spanContext().traceId).toMatch(/^[\da-f]{32}$/);
  });

  it('of a later version is understood as far as it is known', async () => {
    const span = await spanOf({ traceparent: `01-${TRACE}-${PARENT}-01-more` });
    expect(span?.spanContext().traceId).toBe(TRACE);
  });

  it('comes from the configured propagator first', async () => {
    const key = createContextKey('baggage');
    const seen: unknown[] = [];
    const propagator: TextMapPropagator = {
      inject: () => {},
      fields: () => ['traceparent', 'baggage'],
      extract: (from, carrier, getter) => {
        const spanContext = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
        const value = getter.get(carrier, 'baggage');
        return trace.setSpanContext(from.setValue(key, value), spanContext);
      },
    };
    propagation.setGlobalPropagator(propagator);
    const { client } = await watched(
      {},
      { hook: (message) => void ('id' in message && seen.push(context.active().getValue(key))) },
    );
    await client.call('tools/list', { _meta: { traceparent: TRACEPARENT, baggage: 'user=1' } });
    expect(exporter.getFinishedSpans()[0]?.spanContext().traceId).toBe('a'.repeat(32));
    // What a propagator found is there for the handler as well.
    expect(seen.at(-1)).toBe('user=1');
  });

  it('is the span that carried the request where the client sent none, and linked otherwise', async () => {
    const { client } = await watched();
    const http = tracer.startSpan('POST /mcp');
    await context.with(trace.setSpan(ROOT_CONTEXT, http), async () => {
      await client.call('tools/list');
      await client.call('tools/list', { _meta: { traceparent: TRACEPARENT } });
    });
    const [child, linked] = exporter.getFinishedSpans();
    const { spanId, traceId } = http.spanContext();
    expect([child?.parentSpanContext?.spanId, child?.links]).toEqual([spanId, []]);
    expect(linked?.spanContext().traceId).toBe(TRACE);
    expect(linked?.links.map(({ context: { spanId: of } }) => of)).toEqual([spanId]);
    expect(traceId).not.toBe(TRACE);
  });
});

describe('a handler of the SDK’s server', () => {
  it('runs inside the span of its request, over http, also where it waited for its turn', async () => {
    const rig = await startRig('node http', { concurrency: 1 });
    const stop = instrument(rig.runtime, { meter: false, tracer });
    const client = await rig.connect();
    const own = new Map<string, string | undefined>();
    const pass = rig.gates.pass.bind(rig.gates);
    rig.gates.pass = async (name, signal) => {
      await pass(name, signal);
      own.set(name, trace.getActiveSpan()?.spanContext().traceId);
    };
    const calls = [1, 2, 3].map((n) =>
      client.ask(
        call(n, 'slow', { gate: `g${n}` }, { traceparent: `00-${traceOf(n)}-${PARENT}-01` }),
      ),
    );
    for (const n of [1, 2, 3]) rig.gates.open(`g${n}`);
    await Promise.all(calls);
    stop();
    expect(own).toEqual(new Map([1, 2, 3].map((n) => [`g${n}`, traceOf(n)])));
    const spans = exporter.getFinishedSpans().filter(({ name }) => name === 'tools/call');
    expect(spans.map((span) => span.spanContext().traceId).toSorted()).toEqual(
      [1, 2, 3].map(traceOf),
    );
  });
});
