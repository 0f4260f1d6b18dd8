export type {
  StatelyActor,
  StatelyMoved,
  StatelyPacket,
  StatelySnapshot,
  StatelyTold,
} from './packets.ts';
export {
  createStatelyBridge,
  type StatelyBridge,
  type StatelyOptions,
  type StatelyStats,
  type Watchable,
} from './bridge.ts';
export { type Definition, definitionOf } from './definitionOf.ts';
export type { StatelyLink } from './link.ts';
export type { ServeStatelyOptions, StatelyServer } from './server.ts';
