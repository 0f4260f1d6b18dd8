import { createRuntime, type Runtime, type RuntimeOptions } from 'mcp-actors';
import { onTestFinished } from 'vitest';
import { type Door, type DoorKind, openDoor } from './door.ts';
import { turn } from './eventually.ts';
import { Fixture } from './fixture.ts';
import { drawn } from './drawn.ts';
import { VirtualClock } from './virtualClock.ts';
import { RawClient, type RawClientOptions } from './rawClient.ts';

/** A runtime behind a door, on a virtual clock, with a fixture for its servers. */
export interface Rig {
  readonly runtime: Runtime;
  readonly door: Door;
  readonly clock: VirtualClock;
  readonly fixture: Fixture;
  readonly gates: Fixture['gates'];
  readonly client: (options?: RawClientOptions) => RawClient;
  /** A client whose handshake is done. */
  readonly connect: (options?: RawClientOptions) => Promise<RawClient>;
}

/** Starts a rig for the running test, which ends it. */
export async function startRig(
  kind: DoorKind,
  options: Partial<RuntimeOptions<unknown>> = {},
): Promise<Rig> {
  const clock = new VirtualClock();
  const fixture = new Fixture();
  const runtime = createRuntime<unknown>({
    server: fixture.factory,
    principal: (_authInfo, { headers }) => headers['x-user']?.toString(),
    clock,
    random: drawn,
    ...options,
  });
  const door = await openDoor(kind, runtime);
  onTestFinished(async () => {
    const end = { isHere: false };
    const closed = door.close().finally(() => (end.isHere = true));
    // Deadlines of the end are on the virtual clock as well.
    while (!end.isHere) {
      clock.advance(60_000);
      await turn();
    }
    await closed;
  });
  const client = (of?: RawClientOptions): RawClient => new RawClient(door, of);
  const connect = (of?: RawClientOptions): Promise<RawClient> => client(of).connect();
  return { runtime, door, clock, fixture, gates: fixture.gates, client, connect };
}
