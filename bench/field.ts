import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { install } from '../test/conformance/install.ts';
import type { Launch } from './child/server.ts';
import { canHost } from './contenders/able.ts';
import { type ContenderName, kindOf } from './contenders/index.ts';
import type { Options } from './options.ts';
import { startRedis } from './redis.ts';

/** Who runs, and what they are started with. */
export interface Field extends Disposable {
  readonly contenders: readonly ContenderName[];
  readonly launch: Omit<Launch, 'entry'>;
  /** Who does not run, and why. */
  readonly absent: ReadonlyMap<ContenderName, string>;
}

const PEERS = join(import.meta.dirname, 'peers');
const MAJOR = Number(process.versions.node.split('.')[0]);

/**
 * Gets ready what contenders need: packages that are not ours, and a Redis. Whoever can not run here is
 * left out.
 *
 * @throws Error where somebody was asked for by name and can not run
 */
export async function enter({ contenders, areNamed, server }: Options): Promise<Field> {
  const absent = new Map<ContenderName, string>();
  const able = contenders.filter((name) => {
    const { sinceNode = 0 } = kindOf(name);
    if (!canHost(name, server)) absent.set(name, `it has no form of the server ${server}`);
    else if (MAJOR < sinceNode) absent.set(name, `it runs on Node ${sinceNode} and later`);
    return !absent.has(name);
  });
  const needs = (what: 'peers' | 'redis') => able.filter((name) => kindOf(name).needs === what);
  if (needs('peers').length > 0) install(PEERS);
  const redis = needs('redis').length > 0 ? await startRedis() : undefined;
  if (redis === undefined)
    for (const name of needs('redis')) absent.set(name, 'there is no redis-server here');
  for (const [name, why] of absent) {
    if (areNamed) throw new Error(`${name} can not run: ${why}`);
  }
  const data = mkdtempSync(join(tmpdir(), 'mcp-actors-bench-'));
  const remove = (): void => rmSync(data, { recursive: true, force: true });
  process.once('exit', remove);
  return {
    contenders: able.filter((name) => !absent.has(name)),
    launch: { server, data, peers: PEERS, redis: redis?.url },
    absent,
    [Symbol.dispose]: () => {
      redis?.remove();
      remove();
    },
  };
}
