import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Steps } from './steps.mjs';

const told = createInterface({ input: process.stdin });
const streams = watchStreams();

/**
 * Keeps one client, as `journey` has it, while the server at `process.argv[2]` is killed, started
 * again, ended by SIGTERM and started again. Says `ready` when that may happen, and is told on
 * stdin when it has.
 *
 * Steps: `kill` and `term`, whether the session went on; `killed` and `termed`, what became of a call
 * that was running.
 */
export async function restart(client) {
  const started = performance.now();
  const steps = new Steps(['connect', 'kill', 'killed', 'term', 'termed', 'close']);
  let connected;
  let before;
  const call = (tool, args = {}) => client.call(connected, tool, args);
  const whoami = async () => JSON.parse(await call('whoami'));

  const isConnected = await steps.try('connect', async () => {
    connected = await client.connect(process.argv[2]);
    assert.equal(await call('counter'), '1');
    await call('remember', { id: 'mine' });
    before = await whoami();
    assert.equal(before.wakeCount, 0);
  });
  if (isConnected) {
    // The call of the first server dies with it; the second server lets its call finish.
    await live('kill', 'killed', { duration: 600, steps: 1 }, 1);
    await live('term', 'termed', { duration: 2, steps: 1 }, 2);
    await steps.try('close', () => client.close(connected), { always: true });
  }
  steps.print(performance.now() - started);

  async function live(step, cutStep, args, nth) {
    let cut;
    await steps.try(step, async () => {
      const streamed = once(streams, 'long');
      cut = call('long-running', args).then(
        (text) => (text.startsWith('Done') ? 'done' : text),
        (error) => {
          if (/Server restarted/.test(String(error))) return 'told';
          return /timed out|timeout|abort/i.test(String(error)) ? 'timeout' : `FAIL ${error}`;
        },
      );
      // Only what has become a stream can be resumed.
      await streamed;
      console.log('ready');
      await once(told, 'line');
      assert.equal(await call('counter'), String(nth + 1));
      assert.equal(await call('recall'), '["mine"]');
      const { session, wakeCount } = await whoami();
      assert.deepEqual({ session, wakeCount }, { session: before.session, wakeCount: nth });
    });
    await steps.try(cutStep, () => cut);
  }
}

/**
 * Tells, as `long`, when the event stream of a long-running call has begun: its first bytes hold the
 * id to come back with. Clients notice nothing of it.
 */
function watchStreams() {
  const events = new EventTarget();
  const { fetch } = globalThis;
  globalThis.fetch = async (...args) => {
    const response = await fetch(...args);
    const type = response.headers.get('content-type') ?? '';
    const body = args[1]?.body;
    const isLong = typeof body === 'string' && body.includes('"long-running"');
    if (isLong && type.startsWith('text/event-stream')) {
      const copy = response.clone().body.getReader();
      const begun = copy.read().then(() => events.dispatchEvent(new Event('long')));
      begun.then(() => copy.cancel()).catch(() => {});
    }
    return response;
  };
  return events;
}
