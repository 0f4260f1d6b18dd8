/**
 * What a store of sleeping sessions costs: `tsx bench/sleep/store.ts [memory|lmdb|redis …] [10000 …]`.
 * For `redis`, `REDIS_URL` names one, in which what is stored stays.
 * Prints a table; nothing else runs meanwhile, or the figures are those of the neighbours.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openLmdbStore } from '../../src/store/lmdb.ts';
import { createDigest, randomId } from '../../src/base/ids.ts';
import { redisStore } from '../../src/redis/index.ts';
import { MemoryStore } from '../../src/store/memoryStore.ts';
import type { SessionRecord } from '../../src/store/record.ts';
import type { SessionStore, StoreChange } from '../../src/store/store.ts';
import { figure, table } from '../report/table.ts';

/** Changes of one write: as many as a runtime that is busy gathers. */
const WRITE = 100;
/** Writes that are asked for before one is awaited. */
const AT_ONCE = 100;
const GETS = 20_000;
const USERS = 10_000;

const digest = createDigest();
const NOTHING: readonly string[] = [];
const handshake = {
  initialize: {
    protocolVersion: '2025-11-25',
    clientInfo: { name: 'bench', title: 'A client as they come', version: '1.0.0' },
    capabilities: { roots: { listChanged: true }, sampling: {}, elicitation: {} },
  },
  protocolVersion: '2025-11-25',
  initialized: true,
  level: undefined,
  subscriptions: [],
};

class FlatRecord implements SessionRecord {
  readonly id: string;
  readonly key: string;
  readonly principal: string | undefined;
  readonly confirmed = true;
  readonly handshake = handshake;
  readonly epoch = 1;
  readonly startedAt: number;
  readonly expiresAt: number;
  readonly state: unknown = undefined;
  readonly stateVersion = 1;
  readonly locals = undefined;
  readonly kept = undefined;
  readonly asked = NOTHING;
  readonly asleep = true;
  readonly standalone = 0;

  constructor(principal: string | undefined, now: number) {
    this.id = randomId();
    this.key = digest(this.id);
    this.principal = principal;
    this.startedAt = now;
    this.expiresAt = now + 30 * 60_000;
  }
}

const maxWaitingBytes = 2 ** 30;
const OPENERS: Readonly<Record<string, (folder: string) => SessionStore>> = {
  memory: () => new MemoryStore(),
  lmdb: (path) => openLmdbStore({ path, maxWaitingBytes }),
  redis: (folder) => {
    const url = process.env['REDIS_URL'];
    if (url === undefined) throw new Error('REDIS_URL names the Redis to store in');
    return redisStore({ url, prefix: `${basename(folder)}:`, maxWaitingBytes });
  },
};

interface Row {
  readonly store: string;
  readonly records: number;
  readonly storeMs: number;
  readonly bytes: number;
  readonly onDisk: number | undefined;
  readonly reopenMs: number | undefined;
  readonly p50: number;
  readonly p99: number;
  readonly putP99: number;
}

async function measure(name: string, records: number): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-actors-bench-'));
  const open = OPENERS[name]!;
  const users = Array.from({ length: USERS }, (_, i) => digest(`user ${i}`));
  const before = heap();
  let store = open(folder);
  const sample: string[] = [];
  const storeMs = await timed(async () => {
    let asked: Promise<void>[] = [];
    for (let made = 0; made < records; made += WRITE) {
      const changes: StoreChange[] = [];
      for (let i = made; i < Math.min(made + WRITE, records); i++) {
        const record = new FlatRecord(users[i % USERS], Date.now() + i);
        if (i % Math.ceil(records / GETS) === 0) sample.push(record.id);
        changes.push({ type: 'put', record });
      }
      asked.push((async () => store.write(changes))());
      if (asked.length < AT_ONCE) continue;
      await Promise.all(asked);
      asked = [];
    }
    await Promise.all(asked);
  });
  const bytes = (heap() - before) / records;
  let reopenMs: number | undefined;
  if (store.isDurable) {
    await store.close();
    reopenMs = await timed(async () => {
      store = open(folder);
      await store.count();
      await store.due(Date.now(), 1000);
    });
  }
  const gets = await latencies(shuffled(sample), async (id) => store.get(id));
  const puts = await latencies(sample.slice(0, 1000), async (id) => {
    const record = await store.get(id);
    if (record !== undefined) await store.write([{ type: 'put', record: { ...record, epoch: 2 } }]);
  });
  const onDisk = name === 'lmdb' ? statSync(join(folder, 'data.mdb')).blocks * 512 : undefined;
  await store.close();
  rmSync(folder, { recursive: true });
  return {
    store: name,
    records,
    storeMs,
    bytes,
    onDisk: onDisk === undefined ? undefined : onDisk / records,
    reopenMs,
    p50: at(gets, 0.5),
    p99: at(gets, 0.99),
    putP99: at(puts, 0.99),
  };
}

async function latencies(
  ids: readonly string[],
  call: (id: string) => Promise<unknown>,
): Promise<number[]> {
  const all: number[] = [];
  for (const id of ids) all.push(await timed(async () => call(id)));
  return all.toSorted((a, b) => a - b);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? NaN;
}

function shuffled(ids: readonly string[]): string[] {
  return ids.toSorted((a, b) => (digest(a) < digest(b) ? -1 : 1));
}

setFlagsFromString('--expose-gc');
// A fresh context has it, the present one was made before.
const collect = runInNewContext('gc') as () => void;

function heap(): number {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const words = process.argv.slice(2);
const names = words.filter((word) => !/^\d/.test(word));
const sizes = words.filter((word) => /^\d/.test(word)).map(Number);
const rows: Row[] = [];
for (const name of names.length > 0 ? names : ['memory', 'lmdb']) {
  for (const size of sizes.length > 0 ? sizes : [10_000, 100_000, 1_000_000]) {
    rows.push(await measure(name, size));
  }
}
const maybe = (value: number | undefined): string => (value === undefined ? '-' : figure(value));
console.log(
  table(
    [
      'store',
      'records',
      'stored in ms',
      'heap bytes each',
      'disk bytes each',
      'opened in ms',
      'get p50 ms',
      'get p99 ms',
      'get + put p99 ms',
    ],
    rows.map((row) => [
      row.store,
      figure(row.records),
      figure(row.storeMs),
      figure(row.bytes),
      maybe(row.onDisk),
      maybe(row.reopenMs),
      figure(row.p50),
      figure(row.p99),
      figure(row.putP99),
    ]),
  ),
);
