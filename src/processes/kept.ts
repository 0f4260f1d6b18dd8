import type { Change, SessionWrite } from '../cluster/engine.ts';

/**
 * What a memory keeps of what came over a channel. Bytes arrive as views of everything that was read
 * together, which would live as long as each of them.
 */
export function kept<T>(value: T): T {
  if (!Buffer.isBuffer(value)) return value;
  const own = Buffer.allocUnsafeSlow(value.length);
  value.copy(own);
  // The same bytes, of the same type.
  return own as T & Buffer;
}

/** A write with bytes of its own. */
export function keepWrite({ changes, ...others }: SessionWrite): SessionWrite {
  return { ...others, changes: changes.map(keepChange) };
}

function keepChange(change: Change): Change {
  if (change.type === 'remove') return { ...change, tombstone: kept(change.tombstone) };
  return 'bytes' in change ? { ...change, bytes: kept(change.bytes) } : change;
}

/** The bytes that a value carries, at any depth: what an engine answers has records and rows in it. */
export function bytesIn(value: unknown): number {
  if (Buffer.isBuffer(value)) return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  let bytes = 0;
  for (const each of Object.values(value)) bytes += bytesIn(each);
  return bytes;
}
