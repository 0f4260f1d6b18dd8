import type { Start } from './contender.ts';

/** Loaded on demand, so that no child carries the modules of another contender. */
export const contenders = {
  bare: async () => (await import('./bare.ts')).bare(),
  direct: async (make) => (await import('./direct.ts')).direct(make),
  map: async (make) => (await import('./map.ts')).map(make, false),
  'map-json': async (make) => (await import('./map.ts')).map(make, true),
  actors: async (make) => (await import('./actors.ts')).actors(make),
} satisfies Record<string, Start>;

export type ContenderName = keyof typeof contenders;
