import type { Contender, MakeServer, Start } from './contender.ts';
import type { watchers } from './watchers.ts';

/** Loaded on demand, so that no child carries the modules of another contender. */
export const contenders = {
  bare: async () => (await import('./bare.ts')).bare(),
  direct: async (make) => (await import('./direct.ts')).direct(make),
  map: async (make) => (await import('./map.ts')).map(make, false),
  'map-json': async (make) => (await import('./map.ts')).map(make, true),
  actors: async (make) => (await import('./actors.ts')).actors(make),
  'watch-left': (make) => watched(make, 'left'),
  'watch-transitions': (make) => watched(make, 'transitions'),
  'watch-messages': (make) => watched(make, 'messages'),
  'watch-metrics': (make) => watched(make, 'metrics'),
  'watch-spans': (make) => watched(make, 'spans'),
} satisfies Record<string, Start>;

export type ContenderName = keyof typeof contenders;

async function watched(make: MakeServer, watcher: keyof typeof watchers): Promise<Contender> {
  const all = await import('./watchers.ts');
  return (await import('./actors.ts')).actors(make, all.watchers[watcher]);
}
