import type { HandleView } from 'mcp-actors/handles';
import { describe, expect, it } from 'vitest';
import { Handles } from '../../../src/watch/inspector/handles.ts';
import type { Inspected } from '../../../src/watch/inspector/inspected.ts';
import { HandleWorld } from '../../support/handleWorld.ts';

const MINUTE = 60_000;

/** A runtime with these handles, of one kind or more. */
function source(views: () => readonly HandleView[], kinds: readonly string[], now = () => 0) {
  return {
    handles: (kind: string) => views().filter((view) => view.kind === kind),
    stats: () => ({ handles: Object.fromEntries(kinds.map((kind) => [kind, {}])) }),
    on: () => () => {},
    now,
  } as unknown as Inspected;
}

const viewOf = (kind: string, key: string) => ({ kind, key }) as HandleView;

describe('Handles', () => {
  it('is nothing until the first handle is opened, then follows each to its end', async () => {
    const world = new HandleWorld();
    const handles = new Handles(world.runtime);
    expect(handles.takeChanges()).toBeUndefined();
    const ann = await world.modern('ann');
    expect(handles.takeChanges()).toBeUndefined();
    const page = await ann('create_page');
    const list = handles.takeChanges();
    expect(list).toMatchObject({
      rows: [
        {
          kind: 'page',
          state: 'active',
          running: 0,
          waiting: 0,
          owned: 1,
          last: { event: 'session.ready', to: 'active' },
        },
      ],
      total: 1,
    });
    expect(JSON.stringify(list)).not.toContain(page);
    expect(handles.takeChanges()).toBeUndefined();
    await world.settle(MINUTE);
    expect(handles.takeChanges()?.rows).toMatchObject([
      { state: 'idle.warm', deadline: { what: 'idle' }, last: { to: 'idle.warm' } },
    ]);
    await ann('destroy_page', { page });
    expect(handles.takeChanges()).toEqual({ rows: [], total: 0 });
    handles.stop();
    await ann('create_page');
    expect(handles.takeChanges()).toBeUndefined();
  });

  it('notices without an event that a use waits', async () => {
    const world = new HandleWorld();
    const handles = new Handles(world.runtime);
    const ann = await world.modern('ann');
    const page = await ann('create_page');
    const uses = [ann('hold', { page }), ann('hold', { page })];
    await world.settle();
    handles.takeChanges();
    expect(handles.all()?.rows).toMatchObject([{ running: 1, waiting: 1 }]);
    uses.push(ann('hold', { page }));
    await world.settle();
    expect(handles.takeChanges()).toBeUndefined();
    await world.settle(1000);
    expect(handles.takeChanges()?.rows).toMatchObject([{ running: 1, waiting: 2 }]);
    for (const _ of uses) {
      world.held.shift()?.();
      await world.settle();
    }
    await Promise.all(uses);
    handles.stop();
  });

  it('has none that sleeps, and has it again when it wakes', async () => {
    const world = new HandleWorld({ onSleep: ({ url }) => url });
    const handles = new Handles(world.runtime);
    const ann = await world.modern('ann');
    const page = await ann('create_page');
    const [row] = handles.takeChanges()?.rows ?? [];
    await world.settle(6 * MINUTE);
    expect(handles.takeChanges()).toEqual({ rows: [], total: 0 });
    await ann('where', { page });
    expect(handles.takeChanges()?.rows).toMatchObject([{ key: row!.key, state: 'active' }]);
    handles.stop();
  });

  it('notices without an event what a runtime forgets', () => {
    let views = [viewOf('page', 'a')];
    let now = 0;
    const handles = new Handles(
      source(
        () => views,
        ['page'],
        () => now,
      ),
    );
    expect(handles.takeChanges()?.total).toBe(1);
    views = [];
    expect(handles.takeChanges()).toBeUndefined();
    now = 1000;
    expect(handles.takeChanges()?.total).toBe(0);
  });

  it('shows the last so many of each kind and counts them all', () => {
    const pages = Array.from({ length: 700 }, (_, i) => viewOf('page', `p${i}`));
    const views = [...pages, viewOf('shell', 's')];
    const { rows, total } = new Handles(source(() => views, ['page', 'shell'])).all()!;
    expect([rows.length, rows[0]?.key, rows.at(-1)?.key, total]).toEqual([501, 'p200', 's', 701]);
  });

  it('leaves the last step in sight where another changes but a flag', () => {
    const heard: Record<string, (event: object) => void> = {};
    const handles = new Handles({
      ...source(() => [viewOf('page', 'a')], ['page']),
      on: (name: string, listener: (event: object) => void) => {
        heard[name] = listener;
        return () => {};
      },
    } as unknown as Inspected);
    const told = { at: 1, kind: 'page', handle: 'a', effects: [] };
    const quiet = { event: { type: 'session.quiet' }, from: 'active', to: 'idle.warm' };
    heard['handle.transition']!({ ...told, ...quiet });
    const flag = { event: { type: 'stream.opened' }, from: 'idle.warm', to: 'idle.warm' };
    heard['handle.transition']!({ ...told, ...flag });
    expect(handles.all()?.rows[0]?.last).toMatchObject({ event: 'session.quiet', from: 'active' });
    heard['handle.ended']!({ handle: 'a' });
    expect(handles.all()?.rows[0]?.last).toBeUndefined();
  });

  it('is nothing where a runtime has no handles, and listens to nothing there', () => {
    const nothing = { on: () => expect.fail('listened'), now: () => 0 };
    const handles = new Handles(nothing as unknown as Inspected);
    expect(handles.all()).toBeUndefined();
    expect(handles.takeChanges()).toBeUndefined();
    handles.stop();
  });
});
