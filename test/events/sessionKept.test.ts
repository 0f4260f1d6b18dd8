import type { DrainReport } from 'mcp-actors';
import { logTo } from 'mcp-actors/log';
import { record, replay } from 'mcp-actors/recorder';
import { describe, expect, it } from 'vitest';
import { DurableMemory } from '../support/durableMemory.ts';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { WireClient } from '../support/wireClient.ts';

const MINUTE = 60_000;

/** A process on a store, and what it announces of sessions that leave it. */
function start(store: DurableMemory | undefined, options: { startsAt?: number } = {}) {
  const world = new FakeRuntime({ ...(store !== undefined && { store }), ...options });
  return { world, kept: world.record('session.kept'), ended: world.record('session.ended') };
}

async function drain(world: FakeRuntime): Promise<DrainReport> {
  const drained = world.runtime.drain({ deadlineMs: 1000 });
  for (let i = 0; i < 10; i++) await turn();
  await world.clock.elapse(1000);
  return drained;
}

describe('U24: session.kept', () => {
  it('says that a session goes on in the next process: it has not ended', async () => {
    const store = new DurableMemory();
    const { world, kept, ended } = start(store);
    const client = await world.open();
    const { key } = world.runtime.residents()[0]!;
    await world.clock.elapse(MINUTE);
    expect(await drain(world)).toMatchObject({ sessions: 1, kept: 1 });
    expect(ended).toEqual([]);
    expect(kept).toMatchObject([{ session: key }]);
    expect(kept[0]!.ageMs).toBeGreaterThanOrEqual(MINUTE);
    expect(kept[0]!.client?.()).toEqual({ name: expect.any(String), version: expect.any(String) });
    const { evicted, kept: count } = world.runtime.stats();
    expect([count, evicted.drained]).toEqual([1, 0]);

    const next = start(store, { startsAt: world.clock.now() });
    const again = await WireClient.of(next.world.runtime);
    again.id = client.id;
    await again.call('tools/list');
    await again.delete();
    await next.world.clock.elapse(1000);
    expect(next.ended).toMatchObject([{ session: key, reason: 'terminated' }]);
    expect(next.ended[0]!.ageMs).toBeGreaterThanOrEqual(MINUTE);
  });

  it('is not said of a session that no store has: that one ended', async () => {
    const { world, kept, ended } = start(undefined);
    await world.open();
    expect(await drain(world)).toMatchObject({ sessions: 1, kept: 0 });
    expect(kept).toEqual([]);
    expect(ended).toMatchObject([{ reason: 'drained' }]);
    const { evicted, kept: count } = world.runtime.stats();
    expect([count, evicted.drained]).toEqual([0, 1]);
  });

  it('is not said where the store failed at the last moment', async () => {
    const store = new DurableMemory();
    const { world, kept, ended } = start(store);
    const client = await world.open();
    await world.clock.elapse(100);
    store.trouble = 'fails';
    await client.call('logging/setLevel', { level: 'debug' });
    await drain(world);
    expect(kept).toEqual([]);
    expect(ended).toMatchObject([{ reason: 'drained' }]);
  });

  it('is not said of a session whose client ends it while the process drains', async () => {
    const { world, kept, ended } = start(new DurableMemory());
    const client = await world.open();
    await client.delete();
    await drain(world);
    expect(kept).toEqual([]);
    expect(ended).toMatchObject([{ reason: 'terminated' }]);
  });

  it('is one line of a log, and no line there reads like an end', async () => {
    const { world } = start(new DurableMemory());
    const lines: string[] = [];
    const write = (...entry: unknown[]): void => void lines.push(JSON.stringify(entry));
    logTo(world.runtime, { debug: write, info: write, warn: write, error: write });
    await world.open();
    await drain(world);
    expect(lines.filter((line) => line.includes('session.kept'))).toHaveLength(1);
    expect(lines.filter((line) => /session\.ended|evicted|"drained"/.test(line))).toEqual([]);
  });

  it('is a line of a recording, and the replay knows what the machine did', async () => {
    const { world } = start(new DurableMemory());
    let text = '';
    const write = (more: string): void => void (text += more);
    const recording = await record(world.runtime, { write, clock: world.clock });
    await world.open();
    await drain(world);
    await recording.close();
    const lines = text.trimEnd().split('\n');
    const types = lines.map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toContain('kept');
    expect(types).not.toContain('ended');
    expect((await replay(lines)).difference).toBeUndefined();
    // A session that has not closed can not have been kept.
    const closing = lines.findIndex((line) => line.includes('"to":"closing'));
    const early = lines.filter((line, i) => i < closing || line.includes('"kept"'));
    expect((await replay(early)).difference).toMatchObject({ event: 'kept', seen: 'evicted' });
  });
});
