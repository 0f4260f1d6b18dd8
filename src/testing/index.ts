import { setPeers } from './peers.ts';

export * from './entry.ts';

setPeers({
  vitest: 'VITEST' in process.env ? await optional(() => import('vitest')) : undefined,
  fastCheck: await optional(() => import('fast-check')),
});

async function optional<M>(load: () => Promise<M>): Promise<M | undefined> {
  try {
    return await load();
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
