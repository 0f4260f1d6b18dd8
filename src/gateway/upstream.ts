import { checkNames, type NamesOf } from '../base/optionNames.ts';
import { ActorsError } from '../base/errors.ts';
import { settleLimits } from '../base/check.ts';
import type { Session, SessionServer } from '../session/session.ts';
import { Bridge } from './bridge.ts';
import { SessionLog } from './log.ts';
import { Remote } from './remote.ts';

/** Options of {@link upstream}. Every option but `url` has a default. */
export interface UpstreamOptions {
  /** The http(s) address at which the remote server speaks Streamable HTTP. */
  readonly url: string | URL;
  /** Headers of every request to the remote server: an `authorization`, for instance. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Fetch for all requests to the remote server. @default the global one */
  readonly fetch?: typeof globalThis.fetch;
  /** Longest answer, or event, of the remote server, in bytes. @default 16 MiB */
  readonly maxAnswerBytes?: number;
  /** How long the end of a session waits for the remote server to hear of that end. @default 2 s */
  readonly endTimeoutMs?: number;
  /** Entries of a session's {@link gatewayLog}. @default 200 */
  readonly maxLogEntries?: number;
}

/** What {@link UpstreamOptions} knows. */
const UPSTREAM_NAMES: NamesOf<UpstreamOptions> = {
  url: true,
  headers: true,
  fetch: true,
  maxAnswerBytes: true,
  endTimeoutMs: true,
  maxLogEntries: true,
};

const DEFAULTS = { maxAnswerBytes: 16 * 1024 * 1024, endTimeoutMs: 2000, maxLogEntries: 200 };

/**
 * Serves each session by a session of its own on a remote server: for `createRuntime({ server:
 * upstream({ url: 'https://example.com/mcp' }) })`.
 *
 * The remote session is begun with the session and deleted with it. When the remote server no
 * longer knows the remote session, the session crashes, and ends or gets a fresh one, as `onCrash`
 * says.
 *
 * @throws ActorsError `bad-option`
 */
export function upstream(options: UpstreamOptions): (session: Session) => SessionServer {
  checkNames('upstream', options, UPSTREAM_NAMES);
  const { headers = {}, fetch = globalThis.fetch } = options;
  const url = URL.canParse(String(options.url)) ? new URL(options.url) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new ActorsError('bad-option', 'url must be the http(s) address of a server');
  }
  const limits = settleLimits(DEFAULTS, options);
  const settings = { ...limits, url, headers: { ...headers }, fetch };
  return (session) => {
    const log = SessionLog.of(session, limits.maxLogEntries);
    const remote = new Remote(settings, log);
    session.own(remote, { deadlineMs: limits.endTimeoutMs + 1000 });
    return new Bridge(remote, session.key);
  };
}
