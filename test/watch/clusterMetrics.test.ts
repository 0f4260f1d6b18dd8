import { memoryCluster } from 'mcp-actors/cluster';
import { instrument } from 'mcp-actors/metrics';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ClusterStats } from '../../src/events/clusterStats.ts';
import { NODE_STATES } from '../../machines/node.ts';
import { CLUSTER_COUNTS } from '../../src/watch/metrics/clusterInstruments.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { MetricRig } from '../support/metricRig.ts';

const SECRET = 'a secret of more than 32 characters';
const NAMES = Object.values(CLUSTER_COUNTS).map(({ name }) => name);

/** Stats of a process, each count another number. */
const STATS: ClusterStats = {
  node: 'a',
  state: 'suspended',
  leaseLeftMs: 1500,
  graceLeftMs: 250,
  owned: 1,
  forwarding: 2,
  serving: 3,
  forwarded: 4,
  resumed: 5,
  served: 6,
  notBegun: { moved: 7, draining: 8, busy: 9, suspended: 10 },
  takeovers: 11,
  followed: 30,
  lost: 12,
  reasserted: 13,
  unsure: 14,
  quarantined: 15,
  messagesRefused: {
    malformed: 16,
    'unknown-secret': 17,
    forged: 18,
    replayed: 19,
    'too-large': 20,
    unsendable: 21,
  },
  engine: { answered: 22, failed: 23, p50Ms: 0.5, p99Ms: 24, reconnects: 25 },
  links: [
    { way: 'redis', bytesIn: 26, bytesOut: 27 },
    { way: 'direct', bytesIn: 28, bytesOut: 29 },
  ],
};

/** Shows stats of a test's own. */
function shown(stats: ClusterStats): MetricRig {
  const rig = new MetricRig();
  const { runtime } = new FakeRuntime();
  const wrapped = { ...runtime, stats: () => ({ ...runtime.stats(), cluster: stats }) };
  onTestFinished(instrument(wrapped, { meter: rig.meter, tracer: false }));
  return rig;
}

describe('instrument, of a process of a cluster', () => {
  it('shows each of its counts, each once', async () => {
    const rig = shown(STATS);
    const values: Record<string, unknown> = {};
    for (const { name, unit, attributes } of Object.values(CLUSTER_COUNTS)) {
      const points = await rig.points(name);
      const [attribute] = attributes;
      const key = `${name.replace('mcp_actors.cluster.', '')} ${unit}`;
      values[key] =
        attribute === undefined
          ? points.map(({ value }) => value)
          : Object.fromEntries(
              points.map(({ attributes: own, value }) => [String(own[attribute]), value]),
            );
    }
    expect(values).toEqual({
      'state {node}': Object.fromEntries(
        NODE_STATES.map((state) => [state, Number(state === 'suspended')]),
      ),
      'lease.left s': [1.5],
      'grace.left s': [0.25],
      'owned {session}': [1],
      'forwarding {request}': [2],
      'serving {request}': [3],
      'forwarded {request}': [4],
      'served {request}': [6],
      'not_begun {request}': STATS.notBegun,
      'resumed {stream}': [5],
      'takeovers {session}': [11],
      'followed {session}': [30],
      'lost {session}': [12],
      'reasserted {session}': [13],
      'unsure {request}': [14],
      'quarantined {event}': [15],
      'messages.refused {message}': STATS.messagesRefused,
      'engine.round_trip s': { '0.5': 0.0005, '0.99': 0.024 },
      'engine.answers {event}': [22],
      'engine.failures {event}': [23],
      'engine.reconnects {event}': [25],
      'bytes.in By': { redis: 26, direct: 28 },
      'bytes.out By': { redis: 27, direct: 29 },
    });
  });

  it('shows no round trip before the first', async () => {
    const engine = { ...STATS.engine, p50Ms: undefined, p99Ms: undefined };
    expect(
      await shown({ ...STATS, engine }).points('mcp_actors.cluster.engine.round_trip'),
    ).toEqual([]);
  });

  it('has all of them in a cluster, and none where there is no cluster', async () => {
    const rig = new MetricRig();
    const seen = async (): Promise<string[]> => {
      return (await rig.collect()).map(({ descriptor }) => descriptor.name);
    };
    const alone = new FakeRuntime();
    onTestFinished(instrument(alone.runtime, { meter: rig.meter, tracer: false }));
    expect((await seen()).filter((name) => NAMES.includes(name))).toEqual([]);
    const cluster = memoryCluster({ secret: SECRET });
    const { runtime } = new FakeRuntime({ cluster: cluster.node('a') });
    onTestFinished(() => runtime.close());
    onTestFinished(instrument(runtime, { meter: rig.meter, tracer: false }));
    // An answer of the engine is the last thing there is to show.
    while (runtime.stats().cluster?.engine.p50Ms === undefined) await Promise.resolve();
    expect((await seen()).filter((name) => NAMES.includes(name)).toSorted()).toEqual(
      NAMES.toSorted(),
    );
  });
});
