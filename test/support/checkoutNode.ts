/**
 * A process of a cluster that serves the checkout of the examples. Each delayed transition that it makes,
 * and each session that it takes over from a dead process, is a line of JSON.
 */
import { writeSync } from 'node:fs';
import { serve } from 'mcp-actors/node';
import { redisCluster } from 'mcp-actors/redis';
import { start } from '../../examples/checkout/server.ts';

const [url = '', name = '', leaseMs = '', secret = ''] = process.argv.slice(2);
/** Sessions that are due are looked for twenty times within this. */
const EVICT_AFTER_MS = 40_000;

/** Says a line at once: what is said is said before a kill. */
function say(line: object): void {
  writeSync(1, `${JSON.stringify({ by: name, ...line })}\n`);
}

const cluster = redisCluster({ url, name, secret, leaseMs: Number(leaseMs) });
const runtime = start({ cluster, evictAfterMs: EVICT_AFTER_MS });
runtime.on('cluster.takeover', ({ session, from }) => say({ session, from }));
runtime.on('actor.transition', ({ session, event, to }) => {
  if (event.startsWith('xstate.after.')) say({ session, to });
});
const { url: address } = await serve(runtime, { port: 0 });
console.log(address);
