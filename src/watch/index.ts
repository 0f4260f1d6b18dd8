export type { Health, HealthPaths } from '../adapters/health.ts';
export { healthFetch } from '../adapters/healthFetch.ts';
export { type RingLimits, type SessionRing, SessionRings } from './sessionRings.ts';
