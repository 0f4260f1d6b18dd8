export type { Finding, RedisCheck } from './checkup.ts';
export { type Checkup, doctor, type DoctorOptions } from './doctor.ts';
export { REDIS_DEFAULTS, type RedisAddress, type RedisClient } from './options.ts';
export type { RedisStoreOptions } from './options.ts';
export { type RedisStore, redisStore } from './redisStore.ts';
export type { Migrate } from '../store/codec/recordCodec.ts';
export { redisCluster, type RedisClusterOptions } from './cluster/redisCluster.ts';
export type { Cluster } from '../cluster/index.ts';
