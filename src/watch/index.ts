export type { Health, HealthPaths } from '../adapters/health.ts';
export { healthFetch } from '../adapters/healthFetch.ts';
