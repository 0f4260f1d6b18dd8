import type { Transport as TransportV2 } from '@modelcontextprotocol/client';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { Transport as TransportV1 } from '@modelcontextprotocol/sdk/shared/transport.js';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRuntime, type Limits, type Runtime } from 'mcp-actors';
import { eventually } from '../../support/eventually.ts';
import { createContractServer, type Released } from '../contractServer.ts';

/** An adapter as the contract sees it. */
export interface Door {
  readonly name: string;
  open(limits: Partial<Limits>): Promise<OpenDoor>;
}

/** A runtime behind an adapter. */
export interface OpenDoor {
  /** A client transport; with a user, the host has authenticated it as that one. */
  v1(user?: string): TransportV1;
  v2(user?: string): TransportV2;
  drain(): Promise<void>;
  /** What is left once all clients are gone. */
  remains(): Promise<Remains>;
  close(): Promise<void>;
}

/** What a runtime still holds, and what it has let go. */
export interface Remains {
  readonly held: number;
  /** How often the resource of each session was released. */
  readonly released: readonly number[];
}

/** A runtime of the contract in this process, and the part of a door that is the same for all. */
export class Rig {
  readonly runtime: Runtime;
  readonly #released: Released;

  /** @param made the runtime, where something else has made it */
  constructor(limits: Partial<Limits>, made?: { runtime: Runtime; released: Released }) {
    this.#released = made?.released ?? new Map();
    this.runtime =
      made?.runtime ??
      createRuntime<unknown>({
        ...limits,
        server: (session) => createContractServer(session, this.#released),
      });
  }

  /** @param close of the listener in front */
  door(
    transports: Pick<OpenDoor, 'v1' | 'v2'>,
    close: () => Promise<unknown> = async () => {},
  ): OpenDoor {
    const { runtime } = this;
    return {
      ...transports,
      async drain() {
        await runtime.drain({ deadlineMs: 10_000 });
      },
      remains: async () => {
        await eventually(() => held(runtime) === 0);
        return { held: held(runtime), released: [...this.#released.values()] };
      },
      async close() {
        await runtime.close();
        await close();
      },
    };
  }
}

/** Everything a runtime counts as being there. */
export function held(runtime: Pick<Runtime, 'stats'>): number {
  const { sessions, inFlight, streams, handshakes, silentConnections } = runtime.stats();
  return sessions.total + inFlight + streams + handshakes + silentConnections;
}

/** What a host's middleware would have made of a request. */
export function authInfoOf(user: string | null | undefined): AuthInfo | undefined {
  return user ? { token: `token of ${user}`, clientId: user, scopes: [] } : undefined;
}

/** Listens on a free port of the loopback. */
export async function listen(
  listener?: RequestListener,
): Promise<{ server: Server; origin: string; stop: () => Promise<void> }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { server, origin: `127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}
