/**
 * A process of its own with a store on the disk, to be killed, or to meet a full disk.
 * Says what was stored as lines of JSON, each as soon as it is.
 */
import { execFileSync } from 'node:child_process';
import { writeSync } from 'node:fs';
import { openLmdbStore } from 'mcp-actors/lmdb';
import { changesOf, LANES } from './lanes.ts';
import { sessionRecord } from './sessionRecord.ts';

function say(what: unknown): void {
  writeSync(1, `${JSON.stringify(what)}\n`);
}

/** Writes in each lane, one after the other, for ever. */
async function churn(path: string): Promise<void> {
  say('opening');
  const store = openLmdbStore({ path });
  await Promise.all(
    LANES.map(async (lane) => {
      const last = await store.get(`${lane}1`);
      for (let epoch = (last?.epoch ?? 0) + 1; ; epoch++) {
        await store.write(changesOf(lane, epoch));
        say([lane, epoch]);
      }
    }),
  );
}

/** Writes one record and ends. */
async function write(path: string): Promise<void> {
  const store = openLmdbStore({ path, exclusive: false });
  await store.write([{ type: 'put', record: sessionRecord({ id: 'child' }) }]);
  say((await store.get('parent'))?.id);
  await store.close();
}

/** Has the store open, as one of many, until it is killed. */
function hold(path: string): void {
  openLmdbStore({ path, exclusive: false });
  say(process.pid);
  setInterval(() => {}, 60_000);
}

/** Opens the store as every program does. */
async function enter(path: string): Promise<void> {
  try {
    await openLmdbStore({ path }).close();
    say('open');
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    say({ code, message });
  }
}

/** Files of this process may have so many bytes, from now on. */
function limitFiles(bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`]);
}

/** Writes until the disk is full, then once more when it is not. */
async function fill(path: string): Promise<void> {
  let unhandled = 0;
  process.on('unhandledRejection', () => unhandled++);
  const store = openLmdbStore({ path });
  const put = async (id: string): Promise<void> =>
    store.write([{ type: 'put', record: sessionRecord({ id, state: 'x'.repeat(5000) }) }]);
  limitFiles(1_000_000);
  const stored: string[] = [];
  const errors: unknown[] = [];
  for (let i = 0; errors.length < 5; i++) {
    try {
      await put(`s${i}`);
      stored.push(`s${i}`);
    } catch (error) {
      errors.push(error);
    }
  }
  const together = await Promise.allSettled(['t1', 't2', 't3'].map(put));
  const readable = (await Promise.all(stored.map(async (id) => store.get(id)))).filter(
    (record) => record?.state === 'x'.repeat(5000),
  ).length;
  const count = await store.count();
  limitFiles('unlimited');
  for (const id of ['t1', 't2', 't3']) {
    await put(id);
    stored.push(id);
  }
  await store.close();
  const [first] = errors as [{ code: string; cause: Error }];
  say({
    stored,
    code: first.code,
    hasCause: first.cause instanceof Error,
    together: together.map(({ status }) => status),
    readable,
    count,
    unhandled,
  });
}

/** Opens stores where there is less and less missing to have room for one. */
async function squeeze(path: string): Promise<void> {
  const outcomes: string[] = [];
  for (const bytes of [0, 1, 5000, 20_000, 66_000, 80_000, 200_000]) {
    limitFiles(bytes);
    try {
      const store = openLmdbStore({ path: `${path}/${bytes}` });
      await store.write([{ type: 'put', record: sessionRecord({ id: 'a' }) }]);
      outcomes.push(`stored ${(await store.get('a'))?.id}`);
      await store.close();
    } catch (error) {
      outcomes.push((error as { code: string }).code);
    }
    limitFiles('unlimited');
    const store = openLmdbStore({ path: `${path}/${bytes}` });
    await store.write([{ type: 'put', record: sessionRecord({ id: 'b' }) }]);
    outcomes.push(`stored ${(await store.get('b'))?.id}`);
    await store.close();
  }
  say(outcomes);
}

const [scenario, path] = process.argv.slice(2);
if (path !== undefined) {
  if (scenario === 'churn') await churn(path);
  if (scenario === 'write') await write(path);
  if (scenario === 'hold') hold(path);
  if (scenario === 'enter') await enter(path);
  if (scenario === 'fill') await fill(path);
  if (scenario === 'squeeze') await squeeze(path);
}
