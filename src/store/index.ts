export { MemoryStore } from './memoryStore.ts';
export type { SessionRecord } from './record.ts';
export type { RecordPage, RecordQuery, SessionStore, StoreChange, StoreTime } from './store.ts';
export type { Awaitable } from '../base/awaitable.ts';
