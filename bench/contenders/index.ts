import type { Contender, MakeServer } from './contender.ts';
import type { ServerName } from './echo.ts';
import type { MakeModernServer } from './modernServers.ts';
import type { watchers } from './watchers.ts';

type Start = (make: MakeServer, name: ServerName) => Promise<Contender>;

/** Loaded on demand, so that no child carries the modules of another contender. */
export const contenders = {
  bare: async () => (await import('./bare.ts')).bare(),
  direct: async (make) => (await import('./direct.ts')).direct(make),
  map: async (make) => (await import('./map.ts')).map(make, false),
  'map-json': async (make) => (await import('./map.ts')).map(make, true),
  actors: async (make) => (await import('./actors.ts')).actors(make),
  modern: async (make) => (await import('./modern.ts')).modern(make, 'principal'),
  'modern-shared': async (make) => (await import('./modern.ts')).modern(make, 'shared'),
  'modern-request': async (make) => (await import('./modern.ts')).modern(make, 'request'),
  'modern-v2': (_, name) =>
    ofV2(name, async (make) => (await import('./modern.ts')).modern(make, 'principal')),
  handler: (_, name) => ofV2(name, async (make) => (await import('./handler.ts')).handler(make)),
  'watch-left': (make) => watched(make, 'left'),
  'watch-transitions': (make) => watched(make, 'transitions'),
  'watch-messages': (make) => watched(make, 'messages'),
  'watch-metrics': (make) => watched(make, 'metrics'),
  'watch-spans': (make) => watched(make, 'spans'),
} satisfies Record<string, Start>;

export type ContenderName = keyof typeof contenders;

/** Contenders whose clients speak the stateless revision. */
export const STATELESS: readonly ContenderName[] = [
  'modern',
  'modern-shared',
  'modern-request',
  'modern-v2',
  'handler',
];

async function ofV2(
  name: ServerName,
  start: (make: MakeModernServer) => Promise<Contender>,
): Promise<Contender> {
  return start((await import('./modernServers.ts')).modernServer(name));
}

async function watched(make: MakeServer, watcher: keyof typeof watchers): Promise<Contender> {
  const all = await import('./watchers.ts');
  return (await import('./actors.ts')).actors(make, all.watchers[watcher]);
}
