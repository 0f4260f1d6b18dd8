import {
  createHost,
  type Entered,
  type Host,
  type HostOptions,
  type OpenScope,
} from 'mcp-actors/host';
import type { RuntimeEventName, RuntimeEvents } from '../../src/events/events.ts';
import { onTestFinished } from 'vitest';
import { eventually } from './eventually.ts';
import { VirtualClock } from './virtualClock.ts';

export const SECRET = 'a secret of a test, and long enough for it';

/** What a scope of the rig works with: something that counts how often it is closed. */
export interface FakeResource {
  readonly number: number;
  readonly scope: OpenScope;
  closes: number;
}

type Options = Partial<Omit<HostOptions<FakeResource>, 'open'>> & {
  /** Runs in `open`, before there is a resource. */
  readonly onOpen?: (scope: OpenScope) => void | Promise<void>;
};

/** A host on a virtual clock whose scopes own one fake each. Principals are what `x-user` says. */
export class HostRig {
  readonly clock = new VirtualClock();
  readonly host: Host<FakeResource>;
  /** In order of making. */
  readonly opened: FakeResource[] = [];
  /** How often `open` was called. */
  opens = 0;

  constructor({ onOpen, ...options }: Options = {}) {
    this.host = createHost<FakeResource>({
      secret: SECRET,
      clock: this.clock,
      principal: ({ headers }) => headers['x-user'] as string | undefined,
      open: async (scope) => {
        this.opens++;
        await onOpen?.(scope);
        const resource = { number: this.opened.length + 1, scope, closes: 0 };
        this.opened.push(resource);
        scope.own(() => void resource.closes++);
        return resource;
      },
      ...options,
    });
    onTestFinished(() => this.end());
  }

  /** Closes the host, with its deadlines, which are on the virtual clock as well. */
  async end(): Promise<void> {
    const end = { isHere: false };
    const closed = this.host.close().finally(() => (end.isHere = true));
    while (!end.isHere) await this.clock.elapse(60_000);
    await closed;
  }

  /** A request of a page of this application. */
  request(headers: Record<string, string> = {}, signal?: AbortSignal): Request {
    return new Request('http://localhost/', { headers, ...(signal && { signal }) });
  }

  enter(headers?: Record<string, string>): Promise<Entered<FakeResource>> {
    return this.host.enter(this.request(headers));
  }

  /** Lets a scope that nobody uses become idle. */
  async quiet(): Promise<void> {
    await this.clock.elapse(2500);
  }

  /** Waits until no scope is left. */
  async gone(): Promise<void> {
    await eventually(() => this.host.stats().sessions.total === 0);
  }

  /** Everything announced under a name from here on. */
  record<N extends RuntimeEventName>(name: N): RuntimeEvents[N][] {
    const events: RuntimeEvents[N][] = [];
    this.host.on(name, (event) => events.push(event));
    return events;
  }
}

/** The `Cookie` header a browser sends after it was given these. */
export function cookieOf({ headers }: Pick<Entered<unknown>, 'headers'>): { cookie: string } {
  const [, value] = headers.find(([name]) => name === 'Set-Cookie') ?? [];
  if (value === undefined) throw new Error('there is no cookie');
  return { cookie: value.split(';')[0]! };
}
