import { findRedisServer, RedisProcess } from '../test/clusterDemo/redisProcess.ts';

/** The `redis-server` of a run: it ends with the process. @returns `undefined` where there is none */
export async function startRedis(): Promise<RedisProcess | undefined> {
  const program = findRedisServer();
  if (program === undefined) return undefined;
  const redis = await RedisProcess.start(program);
  process.once('exit', () => redis.remove());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  return redis;
}
