/**
 * A process of its own with a store in Redis: takes it, writes in it without end, and says what was
 * stored as lines of JSON, each as soon as it is; or says why it can not.
 */
import { writeSync } from 'node:fs';
import { redisStore } from 'mcp-actors/redis';
import { changesOf, LANES } from './lanes.ts';

/** Says a line at once, and waits where whoever reads is slower: what is said is said before a kill. */
function say(what: unknown): void {
  for (;;) {
    try {
      writeSync(1, `${JSON.stringify(what)}\n`);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

const [url = '', leaseMs = '5000'] = process.argv.slice(2);
const store = redisStore({ url, leaseMs: Number(leaseMs), timeoutMs: 2000 });
try {
  await store.ready();
  say('open');
  await Promise.all(
    LANES.map(async (lane) => {
      const last = await store.get(`${lane}1`);
      for (let epoch = (last?.epoch ?? 0) + 1; ; epoch++) {
        await store.write(changesOf(lane, epoch));
        say([lane, epoch]);
      }
    }),
  );
} catch (error) {
  const { code, message } = error as { code: string; message: string };
  say({ code, message });
  process.exit(3);
}
