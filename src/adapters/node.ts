export type { HealthPaths } from '../http/health.ts';
export { type HealthHandler, healthHandler } from './healthHandler.ts';
export { legacySse, type LegacySseHandler, type LegacySseOptions } from './legacySse.ts';
export { nodeLoopMonitor } from './nodeLoopMonitor.ts';
export { type NodeHandler, nodeHandler } from './nodeHandler.ts';
export { type NodeServer, serve, type ServeOptions } from './serve.ts';
export { containCrashes, type ContainOptions } from './containCrashes.ts';
export type { MountOptions } from './containMounted.ts';
export { continueWhenRead } from './continueWhenRead.ts';
