export { MemoryStore } from './memoryStore.ts';
export type { SessionRecord } from './record.ts';
export type { Awaitable, RecordPage, RecordQuery, SessionStore, StoreChange } from './store.ts';
