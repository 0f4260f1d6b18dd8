import { strict as assert } from 'node:assert';
import { Steps } from './steps.mjs';

/**
 * Takes one client to the server at `process.argv[2]` and back.
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
  const steps = new Steps(['connect', 'list', 'call', 'progress', 'close']);
  let connected;

  const isConnected = await steps.try('connect', async () => {
    connected = await client.connect(process.argv[2]);
  });
  if (isConnected) {
    await steps.try('list', async () => {
      const tools = await client.list(connected);
      assert(tools.includes('echo') && tools.includes('long-running'), `tools: ${tools.join()}`);
    });
    await steps.try('call', async () => {
      assert.equal(await client.call(connected, 'echo', { message: 'hello' }), 'Echo: hello');
    });
    if (client.progress) {
      await steps.try('progress', async () => {
        const args = { duration: 0.3, steps: 3 };
        assert.deepEqual(await client.progress(connected, 'long-running', args), [1, 2, 3]);
      });
    }
    await steps.try('close', () => client.close(connected), { always: true });
  }
  steps.print(performance.now() - started);
}
