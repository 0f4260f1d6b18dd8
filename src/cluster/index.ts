export type { Cluster } from '../directory/cluster.ts';
export { memoryCluster, type MemoryCluster, type MemoryClusterOptions } from './memoryCluster.ts';
export type { ClusterOptions } from './options.ts';
