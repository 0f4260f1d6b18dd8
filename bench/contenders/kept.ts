import type { RuntimeOptions } from '../../src/index.ts';
import { memoryCluster } from '../../src/cluster/index.ts';
import { openLmdbStore } from '../../src/store/lmdb.ts';
import { redisCluster, redisStore } from '../../src/redis/index.ts';
import type { Setting } from './setting.ts';

type Kept = Pick<RuntimeOptions<unknown>, 'store' | 'cluster'>;

const secret = 'a secret of the bench, and no other';

/** Where this process's sessions are in Redis: a child of the same run has its own. */
const prefix = `bench-${process.pid}:`;

/** @throws Error where the run has no Redis */
function urlOf({ redis }: Setting): string {
  if (redis === undefined) throw new Error('This contender needs a Redis');
  return redis;
}

/** Where sessions are kept, besides the memory of their process. */
export const keeping = {
  lmdb: ({ data }: Setting): Kept => ({ store: openLmdbStore({ path: data }) }),
  redis: (setting: Setting): Kept => ({ store: redisStore({ url: urlOf(setting), prefix }) }),
  cluster: (): Kept => ({ cluster: memoryCluster({ secret }).node('a') }),
  'cluster-redis': (setting: Setting): Kept => ({
    cluster: redisCluster({ url: urlOf(setting), prefix, secret }),
  }),
};
