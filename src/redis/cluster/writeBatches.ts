import type { Change, SessionWrite } from '../../cluster/engine.ts';
import { scoreOf } from '../changes.ts';
import type { Arg } from '../client.ts';

/** Most changes of one script, and most bytes, unless one session has more: Redis waits for it. */
const MAX_CHANGES = 1000;
const MAX_BYTES = 4 * 2 ** 20;
/** Bytes that a change counts beside those of its record or row. */
const OVERHEAD = 128;

/** What goes into one script. */
export interface WriteBatch {
  readonly args: readonly Arg[];
  /** How many writes are in it: as many answers are due. */
  readonly sessions: number;
  /** All of it makes room, and is made where there is none. */
  readonly isFreeing: boolean;
}

/** The writes of sessions as scripts take them: as few scripts as their bounds allow, in order. */
export function batchesOf(writes: readonly SessionWrite[]): readonly WriteBatch[] {
  const batches: { args: Arg[]; sessions: number; isFreeing: boolean }[] = [];
  let [changes, bytes] = [0, 0];
  for (const write of writes) {
    const isFreeing = write.changes.every(({ type }) => type === 'remove' || type === 'erase');
    const size = write.changes.reduce((sum, change) => sum + OVERHEAD + bytesOf(change), 0);
    changes += write.changes.length;
    bytes += size;
    const last = batches.at(-1);
    if (last?.isFreeing === isFreeing && changes <= MAX_CHANGES && bytes <= MAX_BYTES) {
      last.args.push(...argsOf(write));
      last.sessions++;
    } else {
      batches.push({ args: [...argsOf(write)], sessions: 1, isFreeing });
      [changes, bytes] = [write.changes.length, size];
    }
  }
  return batches;
}

function argsOf({ print, right, changes }: SessionWrite): readonly Arg[] {
  const { token, revision } = right.by === 'all' ? { token: 0, revision: 0 } : right;
  const endsIt = changes.at(-1)?.type === 'remove' ? 1 : 0;
  const head = [print, right.by, token, revision, endsIt, changes.length];
  return [...head, ...changes.flatMap(changeArgs)];
}

function changeArgs(change: Change): readonly Arg[] {
  const { type } = change;
  if (type === 'put') {
    return [type, scoreOf(change.expiresAt), change.principal, change.bytes];
  }
  if (type === 'row') return [type, change.n, change.bytes];
  if (type === 'erase') return [type, change.n];
  const { tombstone } = change;
  return [type, tombstone === undefined ? 0 : 1, tombstone ?? ''];
}

function bytesOf(change: Change): number {
  if (change.type === 'remove') return change.tombstone?.length ?? 0;
  return change.type === 'erase' ? 0 : change.bytes.length;
}
