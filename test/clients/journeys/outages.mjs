import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Steps } from './steps.mjs';

/** What happens, in this order, each to a call that is running. */
const OUTAGES = [
  // It has reported something by then, so that a client of any age has an event id to come back with.
  { name: 'cut', args: { duration: 6, steps: 30 }, wakes: 0, reports: true },
  // It dies with its server.
  { name: 'kill', args: { duration: 600, steps: 1 }, wakes: 1 },
  // The drain lets it finish.
  { name: 'term', args: { duration: 3, steps: 1 }, wakes: 1 },
];

const told = createInterface({ input: process.stdin });

/**
 * Keeps one client while its connections are cut, its server is killed and started again, and ended
 * by SIGTERM and started again. Says `ready` before it starts the call of the next of these, and
 * again when the call runs, and before it closes. Each time it is told on stdin when to go on. Says
 * `cutCall`, `killCall` or `termCall` when it knows what became of the call.
 *
 * Steps: of each outage whether the client went on, and what became of the call that was running.
 *
 * @param {import('./visit.mjs').Client<unknown>} client
 */
export async function outages(client, url) {
  const started = performance.now();
  const steps = new Steps([
    'connect',
    ...OUTAGES.flatMap(({ name }) => [name, `${name}Call`]),
    'close',
  ]);
  const user = `user-${process.pid}`;
  const running = new Map();
  let connected;
  let mine;

  const isConnected = await steps.try('connect', async () => {
    connected = await client.connect(url, { user });
    mine = await firstUse();
  });
  if (isConnected) {
    for (const outage of OUTAGES) {
      await beTold();
      if (!(await steps.try(outage.name, () => begin(outage)))) break;
      await beTold();
      if (!(await steps.try(outage.name, () => goOn(outage)))) break;
    }
    for (const { name } of OUTAGES) await steps.try(`${name}Call`, () => running.get(name) ?? '-');
    await beTold();
    await steps.try('close', () => client.close(connected), { always: true });
  }
  steps.print(performance.now() - started);

  /** Starts a call that lasts. */
  async function begin({ name, args, reports }) {
    await new Promise((reported) => {
      const onProgress = reports && client.reports ? reported : undefined;
      const fate = fateOf(client.call(connected, 'long-running', args, { onProgress }));
      fate.then(() => console.log(`${name}Call`));
      running.set(name, fate);
      if (onProgress === undefined) reported();
    });
    // Requests are dispatched in order of arrival: the call runs.
    await call('echo', { message: 'running' });
  }

  /** Finds the session as it was left, or one that is as good as new. */
  async function goOn({ wakes }) {
    if (client.reconnects) connected = await client.connect(url, { user });
    const { session, wakeCount } = await whoami();
    if (session !== mine.session) {
      mine = await firstUse();
      return 'anew';
    }
    assert.equal(wakeCount, mine.wakeCount + wakes);
    assert.equal(await call('counter'), String(mine.counter + 1));
    assert.equal(await call('recall'), '["mine"]');
    mine = { session, wakeCount, counter: mine.counter + 1 };
    return 'ok';
  }

  /** Leaves something in a session that is empty. */
  async function firstUse() {
    assert.equal(await call('counter'), '1');
    await call('remember', { id: 'mine' });
    const { session, wakeCount } = await whoami();
    return { session, wakeCount, counter: 1 };
  }

  async function whoami() {
    return JSON.parse(await call('whoami', {}));
  }

  function call(tool, args = {}) {
    return client.call(connected, tool, args);
  }
}

function beTold() {
  console.log('ready');
  return once(told, 'line');
}

/** Never rejects. */
function fateOf(call) {
  return call.then(
    (text) => (text.startsWith('Done') ? 'done' : `FAIL ${text}`),
    (error) => {
      if (/Server restarted/.test(String(error))) return 'told';
      if (/timed out|timeout|abort/i.test(String(error))) return 'timeout';
      return /connection closed|terminated|failed to process/i.test(String(error))
        ? 'lost'
        : `FAIL ${error}`;
    },
  );
}
