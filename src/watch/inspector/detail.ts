import { gatewayLog } from '../../gateway/log.ts';
import type { SessionView } from '../../directory/view.ts';
import type { Numbered } from './lines.ts';
import type { Watch } from './watch.ts';
import type { Inspected } from './inspected.ts';

/** The process, or remote server, behind a session of a gateway. */
export interface BehindView {
  readonly pid: number | undefined;
  /** Lines it wrote to stderr that are kept, and what it wrote to stdout that is no message. */
  readonly logged: number;
  readonly skipped: number;
}

/** One session, as closely as a page can look. */
export interface Detail {
  readonly at: number;
  /** Of a session that is in this process. Without its wire id: that is a secret. */
  readonly view: Omit<SessionView, 'id'> | undefined;
  readonly behind: BehindView | undefined;
  /** Lines after the last one the page has. */
  readonly lines: readonly Numbered[];
}

export async function detailOf<T>(
  runtime: Inspected<T>,
  watch: Watch<T>,
  key: string,
  after: number,
): Promise<Detail> {
  const at = runtime.now();
  const found = await watch.look(key);
  const lines = watch.history.of(key, after);
  if (found === undefined) return { at, view: undefined, behind: undefined, lines };
  const { id: _secret, ...view } = found;
  const handle = runtime.residents().find((session) => session.key === key);
  const log = handle && gatewayLog(handle);
  const behind = log && { pid: log.pid, logged: log.entries.length, skipped: log.skipped };
  return { at, view, behind, lines };
}
