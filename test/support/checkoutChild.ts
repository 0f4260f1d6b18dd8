/**
 * A process of its own that serves the checkout of the examples, stored in a folder, on a clock that
 * its caller moves: `POST /elapse?ms=1000`.
 */
import { virtualClock } from 'mcp-actors/testing';
import { openLmdbStore } from 'mcp-actors/lmdb';
import { serve } from 'mcp-actors/node';
import { start } from '../../examples/checkout/server.ts';

const [path = '', now = ''] = process.argv.slice(2);
const clock = virtualClock(Number(now));
const runtime = start({ clock, store: openLmdbStore({ path }) });
const { url } = await serve(runtime, {
  port: 0,
  otherwise(request, response) {
    const ms = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('ms'));
    clock.elapse(ms).then(
      () => response.end('done'),
      () => response.destroy(),
    );
  },
});
console.log(url);
