import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { createRuntime } from 'mcp-actors';
import { memoryCluster } from 'mcp-actors/cluster';
import { instrument } from 'mcp-actors/metrics';
import { describe, expect, it, onTestFinished } from 'vitest';
import { turn } from '../support/eventually.ts';
import { FakeServer } from '../support/fakeServer.ts';
import { startExample } from '../support/example.ts';
import { sdkV1 } from '../support/sdkClients.ts';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly fieldConfig: { readonly defaults: { readonly unit: string } };
  readonly targets: readonly { readonly refId: string; readonly expr: string }[];
}

interface Dashboard {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly { readonly name: string }[] };
  readonly panels: readonly Panel[];
}

const file = join(import.meta.dirname, '../../examples/metrics/dashboard.json');
const dashboard = JSON.parse(await readFile(file, 'utf8')) as Dashboard;
/** Rows are headings: they show nothing. */
const shown = dashboard.panels.filter(({ type }) => type !== 'row');
const allExpressions = shown.flatMap(({ targets }) => targets.map(({ expr }) => expr));
/** Of a process of a cluster, which the example is not. */
const ofCluster = (expression: string): boolean => expression.includes('mcp_actors_cluster_');
const expressions = allExpressions.filter((expression) => !ofCluster(expression));

/** Starts the example and gives it something to count. */
async function useExample(): Promise<{ mcp: string; scrape: string; clients: Client[] }> {
  const said = await startExample('metrics/main.ts', /http:.*\/metrics/);
  const [mcp = '', metrics = ''] = said.match(/http:[^\s,]+/g) ?? [];
  const clients = [sdkV1(), sdkV1()];
  for (const client of clients) {
    await client.connect(new StreamableHTTPClientTransport(new URL(mcp)));
    await client.callTool({ name: 'roll' });
  }
  const [first, second] = clients as [Client, Client];
  // One call too many meets `maxInFlight`.
  const waits = Array.from({ length: 5 }, () => first.callTool({ name: 'wait' }));
  const ends = await Promise.allSettled(waits);
  expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  await second.callTool({ name: 'no such tool' }).catch(() => {});
  // An answer to a question nobody asked is a dead letter.
  await second.transport?.send({ jsonrpc: '2.0', id: 'nobody', result: {} });
  await (second.transport as StreamableHTTPClientTransport).terminateSession();
  let scrape = '';
  // A session is over when all it owned is released, a moment after its client was told.
  while (!scrape.includes('mcp_server_session_duration_count')) {
    scrape = await (await fetch(metrics)).text();
  }
  return { mcp, scrape, clients };
}

/** The series of a name: their labels. */
function seriesOf(scrape: string, name: string): string[] {
  return scrape.split('\n').filter((line) => line.startsWith(`${name}{`));
}

/** What an expression asks for that a scrape has not: names, and labels of names. */
function missing(scrape: string, expression: string): string[] {
  const names = expression.match(/\bmcp_\w+(?=\{)/g) ?? ['a name'];
  const labels = [
    ...Array.from(expression.matchAll(/\bby \(([^)]+)\)/g), ([, list]) => list!.split(', ')).flat(),
    ...Array.from(expression.matchAll(/\b(\w+)(?:!?=~?)"/g), ([, label]) => label!),
    // Added by Prometheus to whatever it scrapes.
  ].filter((label) => label !== 'job' && label !== 'instance');
  return names.flatMap((name) => {
    const series = seriesOf(scrape, name);
    const absent = labels.filter((label) => !series.some((line) => line.includes(`${label}="`)));
    return series.length === 0 ? [name] : absent.map((label) => `${name}{${label}}`);
  });
}

describe('examples/metrics', () => {
  it('serves what its dashboard asks for, and counts what was done', async () => {
    const { mcp, scrape, clients } = await useExample();

    expect(expressions.length).toBeGreaterThan(20);
    expect(expressions.flatMap((expression) => missing(scrape, expression))).toEqual([]);
    expect(missing(scrape, 'sum by (made_up) (mcp_actors_streams{}) / mcp_made_up{}')).toEqual([
      'mcp_actors_streams{made_up}',
      'mcp_made_up',
    ]);

    const calls = seriesOf(scrape, 'mcp_server_operation_duration_count');
    const callsOf = (part: string): number[] =>
      calls.filter((line) => line.includes(part)).map((line) => Number(line.split(' ').at(-1)));
    expect(callsOf('gen_ai_tool_name="roll"')).toEqual([2]);
    expect(callsOf('gen_ai_tool_name="wait"')).toEqual([4]);
    expect(callsOf('gen_ai_tool_name="_OTHER"')).toEqual([1]);
    expect(callsOf('mcp_method_name="initialize"')).toEqual([2]);
    const counted = (name: string): string[] =>
      seriesOf(scrape, `mcp_actors_${name}`)
        .filter((line) => !line.endsWith(' 0'))
        .map((line) => line.replace(/,?otel_scope_name="mcp-actors"/, ''));
    expect(['limits_total', 'dead_letters_total', 'sessions_ended_total'].flatMap(counted)).toEqual(
      [
        'mcp_actors_limits_total{mcp_actors_limit="maxInFlight"} 1',
        'mcp_actors_dead_letters_total{mcp_actors_reason="unknown"} 1',
        'mcp_actors_sessions_ended_total{mcp_actors_reason="terminated"} 1',
      ],
    );

    const [id] = clients.map(({ transport }) => transport?.sessionId);
    expect(id).toMatch(/.{20}/);
    for (const secret of [id, 'no such tool']) expect(scrape).not.toContain(secret);

    const ready = await fetch(new URL('/readyz', mcp));
    expect([ready.status, await ready.json()]).toMatchObject([200, { status: 'ready' }]);
  });
});

describe('examples/metrics/dashboard.json', () => {
  const { templating } = dashboard;
  const panels = shown;

  it('has panels with an id, a place, a unit and a sentence of their own', () => {
    expect(panels.length).toBeGreaterThan(10);
    for (const key of ['id', 'title', 'description'] as const) {
      const values = panels.map((panel) => panel[key]);
      expect(new Set(values).size).toBe(panels.length);
      expect(values).not.toContain('');
    }
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24);
    for (const { fieldConfig, targets } of panels) {
      expect(fieldConfig.defaults.unit).toMatch(/\w/);
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    }
  });

  it('asks the processes of a cluster for what they show', async () => {
    const cluster = memoryCluster({ secret: 'a secret of more than 32 characters' });
    const runtime = createRuntime({ server: () => new FakeServer(), cluster: cluster.node('a') });
    onTestFinished(() => runtime.close());
    const exporter = new PrometheusExporter({ preventServerStart: true });
    const meter = new MeterProvider({ readers: [exporter] }).getMeter('test');
    onTestFinished(instrument(runtime, { meter, tracer: false }));
    while (runtime.stats().cluster?.engine.p50Ms === undefined) await turn();
    const { resourceMetrics } = await exporter.collect();
    const scrape = new PrometheusSerializer().serialize(resourceMetrics);
    const asked = allExpressions.filter(ofCluster);
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.flatMap((expression) => missing(scrape, expression))).toEqual([]);
  });

  it('has a panel for each question of an operator', () => {
    const titles = panels.map(({ title }) => title);
    expect(titles).toEqual(
      expect.arrayContaining([
        'Sessions by state',
        'Evictions by reason',
        'Operation duration',
        'Dead letters by reason',
        'Limits met',
        'Sleeps and wakes',
      ]),
    );
  });

  it('uses the variables it declares', () => {
    const used = new Set(
      Array.from(JSON.stringify(dashboard).matchAll(/\$\{?(\w+)/g), ([, name]) => name!),
    );
    for (const built of ['__rate_interval', '__all']) used.delete(built);
    expect([...used].toSorted()).toEqual(templating.list.map(({ name }) => name).toSorted());
  });
});
