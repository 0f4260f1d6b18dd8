import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { Contender, MakeServer } from './contender.ts';
import type { Setting } from './setting.ts';
import { description, info } from './echo.ts';

/** Servers of packages that are not ours, by their files in `bench/peers`. */
export type PeerName = 'fastmcp' | 'hono' | 'mcpUse' | 'tmcp';

/** What a file in `bench/peers` exports. */
interface Peer {
  /**
   * Starts the server on a free loopback port.
   *
   * @returns the port
   */
  readonly start: (given: {
    readonly make: MakeServer;
    readonly info: typeof info;
    readonly description: string;
    readonly json: boolean;
  }) => Promise<number>;
}

/** @param json whether answers are JSON, where the package has the choice */
export async function peer(
  name: PeerName,
  make: MakeServer,
  { peers }: Setting,
  json = false,
): Promise<Contender> {
  const { start } = (await import(pathToFileURL(join(peers, `${name}.mjs`)).href)) as Peer;
  return { port: await start({ make, info, description, json }), busy: () => 0 };
}
