export type {
  StatelyActor,
  StatelyMoved,
  StatelyPacket,
  StatelySnapshot,
  StatelyTold,
} from './stately/packets.ts';
export {
  createStatelyBridge,
  type StatelyBridge,
  type StatelyOptions,
  type StatelyStats,
  type Watchable,
} from './stately/bridge.ts';
export { type Definition, definitionOf } from './stately/definitionOf.ts';
export type { StatelyLink } from './stately/link.ts';
export type { ServeStatelyOptions, StatelyServer } from './stately/server.ts';
