import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Steps } from './steps.mjs';

const told = createInterface({ input: process.stdin });
const streams = watchStreams();

const STEPS = ['connect', 'kill', 'killed', 'killGet', 'term', 'termed', 'termGet', 'close'];

/**
 * Keeps one client, as `journey` has it, while the server at `process.argv[2]` is killed, started
 * again, ended by SIGTERM and started again. Says `ready` when that may happen, and is told on
 * stdin when it has.
 *
 * Steps: `kill` and `term`, whether the session went on; `killed` and `termed`, what became of a call
 * that was running; `killGet` and `termGet` whether the client has opened its GET stream again, where
 * it had one and is a client that does.
 */
export async function restart(client) {
  const started = performance.now();
  const steps = new Steps(STEPS);
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
    await live('kill', { duration: 600, steps: 1 }, 1);
    await live('term', { duration: 2, steps: 1 }, 2);
    await steps.try('close', () => client.close(connected), { always: true });
  }
  steps.print(performance.now() - started);

  async function live(step, args, nth) {
    let cut;
    let reopened;
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
      reopened = streams.hasGet && client.forgetsGet !== true && once(streams, 'get');
      console.log('ready');
      await once(told, 'line');
      assert.equal(await call('counter'), String(nth + 1));
      assert.equal(await call('recall'), '["mine"]');
      const { session, wakeCount } = await whoami();
      assert.deepEqual({ session, wakeCount }, { session: before.session, wakeCount: nth });
    });
    await steps.try(`${step}ed`, () => cut);
    await steps.try(`${step}Get`, async () => ((await reopened) ? 'ok' : '-'));
  }
}

/**
 * Tells, as `long`, when the event stream of a long-running call has begun: its first bytes hold the
 * id to come back with. Tells, as `get`, when the GET stream is open. Clients notice nothing of it.
 */
function watchStreams() {
  const events = Object.assign(new EventTarget(), { hasGet: false });
  const { fetch } = globalThis;
  globalThis.fetch = async (...args) => {
    const response = await fetch(...args);
    const type = response.headers.get('content-type') ?? '';
    const body = args[1]?.body;
    if (isGetStream(args[1]) && type.startsWith('text/event-stream')) {
      events.hasGet = true;
      events.dispatchEvent(new Event('get'));
    }
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

/** A GET that does not come back for the stream of a call: that of the GET stream is number 0. */
function isGetStream({ method = 'GET', headers } = {}) {
  const last = new Headers(headers).get('last-event-id');
  return method === 'GET' && (last === null || /_0_\d+$/.test(last));
}
