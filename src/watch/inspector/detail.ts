import type { ActorRow, Actors } from './actors.ts';
import { type GatewayLog, gatewayLog } from '../../gateway/log.ts';
import type { SessionView } from '../../directory/view.ts';
import type { Numbered } from './lines.ts';
import type { Watch } from './watch.ts';

/** Everything a page shows of one session. */
export interface Detail {
  readonly at: number;
  /** The session, where it is in this process. Without its wire id, which is a secret. */
  readonly view: Omit<SessionView, 'id'> | undefined;
  /**
   * The child process, or remote server, behind a session of a gateway; with the entries kept in
   * the session's log, and the lines of the server's stdout that are no messages.
   */
  readonly behind: (Pick<GatewayLog, 'pid' | 'skipped'> & { readonly logged: number }) | undefined;
  /** The users' actors in the session, each before its children. */
  readonly actors: readonly ActorRow[];
  /** Lines of the session after the last line the page has. */
  readonly lines: readonly Numbered[];
}

export async function detailOf(
  { watch, actors: rows }: { readonly watch: Watch; readonly actors: Actors },
  key: string,
  after: number,
): Promise<Detail> {
  const { runtime } = watch;
  const at = runtime.now();
  const found = await watch.look(key);
  const lines = watch.history.of(key, after);
  const actors = rows.of(key);
  if (found === undefined) return { at, view: undefined, behind: undefined, actors, lines };
  const { id: _secret, ...view } = found;
  const handle = runtime.residents().find((session) => session.key === key);
  const log = handle && gatewayLog(handle);
  const behind = log && { pid: log.pid, logged: log.entries.length, skipped: log.skipped };
  return { at, view, behind, actors, lines };
}
