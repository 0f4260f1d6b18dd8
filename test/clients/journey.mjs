import { strict as assert } from 'node:assert';

const stepLimitMs = 20_000;

/**
 * Takes one client to the server at `process.argv[2]` and back, and prints a line of JSON: for each
 * step `ok`, `-` where the client has no such thing, or what went wrong. After a failure, nothing
 * but `close` is tried.
 *
 * @template C
 * @param {object} client
 * @param {(url: string) => C | Promise<C>} client.connect
 * @param {(connected: C) => Promise<string[]>} client.list names of the tools
 * @param {(connected: C, tool: string, args: object) => Promise<string>} client.call the answer's text
 * @param {(connected: C, tool: string, args: object) => Promise<number[]>} [client.progress] what was reported
 * @param {(connected: C) => Promise<void>} client.close
 */
export async function journey(client) {
  const started = performance.now();
  const outcome = { connect: '-', list: '-', call: '-', progress: '-', close: '-', ms: 0 };
  let connected;

  await step('connect', async () => {
    connected = await client.connect(process.argv[2]);
  });
  if (outcome.connect === 'ok') {
    await step('list', async () => {
      const tools = await client.list(connected);
      assert(tools.includes('echo') && tools.includes('long-running'), `tools: ${tools.join()}`);
    });
    await step('call', async () => {
      assert.equal(await client.call(connected, 'echo', { message: 'hello' }), 'Echo: hello');
    });
    if (client.progress) {
      await step('progress', async () => {
        const args = { duration: 0.3, steps: 3 };
        assert.deepEqual(await client.progress(connected, 'long-running', args), [1, 2, 3]);
      });
    }
    await step('close', () => client.close(connected));
  }
  outcome.ms = Math.round(performance.now() - started);
  console.log(JSON.stringify(outcome));
  // A client may keep a timer or a socket after it was closed.
  process.exit();

  async function step(name, run) {
    if (name !== 'close' && Object.values(outcome).some(isTrouble)) return;
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('took too long')), stepLimitMs);
    });
    try {
      await Promise.race([run(), late]);
      outcome[name] = 'ok';
    } catch (error) {
      outcome[name] = String(error?.message ?? error);
    } finally {
      clearTimeout(timer);
    }
  }
}

const isTrouble = (value) => typeof value === 'string' && value !== 'ok' && value !== '-';
