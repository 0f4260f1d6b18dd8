import { strict as assert } from 'node:assert';
import { Steps } from './steps.mjs';

/**
 * What a library's client does, each in its own way.
 *
 * @template C
 * @typedef {object} Client
 * @property {(url: string, options?: ConnectOptions) => Promise<C>} connect
 * @property {(connected: C) => Promise<string[]>} list names of the tools
 * @property {(connected: C, tool: string, args: object, options?: CallOptions) => Promise<string>}
 *   call the answer's text, a block a line; fails after `timeout`
 * @property {(connected: C, tool: string, args: object) => Promise<{ kind?: string, text: string }>}
 *   [task] calls, sees a task to its end, and says whether it was a `task` or `immediate`
 * @property {boolean} [reports] it hands on what is reported while a call runs
 * @property {boolean} [answers] it can be asked by a form
 * @property {boolean} [cancels] its calls can be cancelled
 * @property {boolean} [reconnects] its line can not be opened again: its user connects anew
 * @property {(connected: C) => Promise<unknown>} close
 *
 * @typedef {{ user?: string, answer?: (form: object) => object }} ConnectOptions
 * @typedef {{ onProgress?: (progress: number) => void, signal?: AbortSignal }} CallOptions
 */

/** Takes a client to the server and back. @param {Client<unknown>} client */
export async function visit(client, url) {
  const started = performance.now();
  const steps = new Steps(['connect', 'list', 'call', 'progress', 'close']);
  let connected;

  const isConnected = await steps.try('connect', async () => {
    connected = await client.connect(url);
  });
  if (isConnected) {
    await steps.try('list', async () => {
      const tools = await client.list(connected);
      assert(tools.includes('echo') && tools.includes('long-running'), `tools: ${tools.join()}`);
    });
    await steps.try('call', async () => {
      assert.equal(await client.call(connected, 'echo', { message: 'hello' }), 'Echo: hello');
    });
    if (client.reports) await steps.try('progress', () => reportsOf(client, connected));
    await steps.try('close', () => client.close(connected), { always: true });
  }
  steps.print(performance.now() - started);
}

/** What a client hands on of three reports: all of them, or `some`. */
export async function reportsOf(client, connected) {
  const quick = await heard(client, connected, 0.3);
  if (quick.length === 3) {
    assert.deepEqual(quick, [1, 2, 3]);
    return 'ok';
  }
  // What is read together with the answer is lost. Of slower reports, that is the last at most.
  assert.deepEqual((await heard(client, connected, 1.5)).slice(0, 2), [1, 2]);
  return 'some';
}

async function heard(client, connected, duration) {
  const seen = [];
  const onProgress = (progress) => seen.push(progress);
  await client.call(connected, 'long-running', { duration, steps: 3 }, { onProgress });
  return seen;
}
