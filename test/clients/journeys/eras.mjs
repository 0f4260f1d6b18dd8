import { strict as assert } from 'node:assert';
import sdkV1 from '../libraries/sdk-v1.mjs';
import { Steps } from './steps.mjs';
import { reportsOf } from './visit.mjs';

const STEPS = [
  'connect',
  'list',
  'call',
  'counter',
  'anonymous',
  'ask',
  'progress',
  'cancel',
  'header',
  'task',
  'handle',
  'close',
];

/** How long a tool is given to hear of a cancel. */
const cancelMs = 5_000;

/** What a user says who is asked by a form. */
const said = { name: 'Ann', color: 'blue' };

/**
 * Some do not repeat in headers what a tool's schema asks for, and the server must refuse such a call.
 */
const isWithoutHeader = (error) => /Headers and body disagree/.test(error.message);

/** It speaks one era only, and is told that the server prefers the other. */
const isRefused = (error) => /Version negotiation failed/.test(error.message);

/**
 * Finds out which era a client speaks with the server, and what it gets there: `session` or
 * `stateless`, the length of the list, and whose counter goes on.
 *
 * @param {import('./visit.mjs').Client<unknown>} client
 */
export async function eras(client, url) {
  const started = performance.now();
  const steps = new Steps(STEPS, 60_000);
  const user = `user-${process.pid}`;
  let asked = 0;
  let connected;
  let era;

  const answer = ({ requestedSchema }) => {
    asked++;
    const names = Object.keys(requestedSchema.properties);
    const content = Object.fromEntries(names.map((name) => [name, said[name] ?? true]));
    return { action: 'accept', content };
  };
  const open = async (who) => {
    const options = { ...(who && { user: who }), ...(client.answers && { answer }) };
    const opened = await client.connect(url, options);
    // Some learn from the list which arguments are headers as well.
    await client.list(opened);
    return opened;
  };
  const call = (name, args = {}, options = {}) => client.call(connected, name, args, options);

  await steps.try('connect', () => connect().catch(orElse(isRefused, 'refused')));
  if (connected !== undefined) {
    await steps.try('list', async () => String((await client.list(connected)).length));
    await steps.try('call', async () => {
      assert.equal(await call('echo', { message: 'hello' }), 'Echo: hello');
    });
    await steps.try('counter', counter);
    await steps.try('anonymous', () => anonymous().catch(orElse(isWithoutHeader, 'no header')));
    if (client.answers) await steps.try('ask', ask);
    if (client.reports) await steps.try('progress', () => reportsOf(client, connected));
    if (client.cancels) await steps.try('cancel', cancel);
    await steps.try('header', () => header().catch(orElse(isWithoutHeader, 'no header')));
    if (client.task) await steps.try('task', task);
    await steps.try('handle', () => handle().catch(orElse(isWithoutHeader, 'no header')));
    await steps.try('close', () => client.close(connected), { always: true });
  }
  steps.print(performance.now() - started);

  async function connect() {
    connected = await open(user);
    ({ era } = JSON.parse(await call('whoami')));
    return era === 'modern' ? 'stateless' : 'session';
  }

  /** Whose counter a user finds who connects twice. */
  async function counter() {
    assert.equal(await call('counter'), '1');
    const next = await call('counter');
    if (next === '1') return 'lost';
    assert.equal(next, '2');
    const again = await open(user);
    const found = await client.call(again, 'counter', {});
    await client.close(again);
    assert(found === '1' || found === '3', `the counter is ${found}`);
    return found === '3' ? 'principal' : 'session';
  }

  /** How a caller without a name finds its counter again. */
  async function anonymous() {
    const nobody = await open();
    const count = (args) => client.call(nobody, 'counter', args);
    try {
      const first = await count({});
      const [, session] = /^1\nSession (\S+) keeps/.exec(first) ?? [];
      if (session !== undefined) {
        assert.match(await count({}), /^1\n/);
        assert.equal(await count({ session }), '2');
        return 'argument';
      }
      assert.equal(first, '1');
      return (await count({})) === '2' ? 'session' : 'lost';
    } finally {
      await client.close(nobody);
    }
  }

  /** A tool that asks, and asks again. */
  async function ask() {
    asked = 0;
    assert.deepEqual(JSON.parse(await call('interview')), said);
    assert.equal(asked, 2);
  }

  /** Cancels a call, and looks whether the tool hears of it. */
  async function cancel() {
    const stop = new AbortController();
    const tell = () => call('tell_of_run', { token: user });
    const running = call('run_until_stopped', { token: user }, { signal: stop.signal });
    const failed = assert.rejects(running);
    while ((await tell()) !== 'running');
    stop.abort();
    await failed;
    const late = performance.now() + cancelMs;
    while ((await tell()) !== 'stopped') if (performance.now() > late) return 'goes on';
    return 'ok';
  }

  async function header() {
    // No ASCII: it has to be encoded.
    const region = 'Ελλάδα';
    assert.equal(await call('greet_region', { region }), `Hello, ${region}!`);
  }

  /** A call that is refused to who knows no tasks, and one with a question in it. */
  async function task() {
    const kindHere = era === 'modern' ? 'task' : 'immediate';
    const run = async (tool, result) => {
      const { kind = kindHere, text } = await client.task(connected, tool, {});
      assert.deepEqual({ kind, text }, { kind: kindHere, text: result });
    };
    await run('archive', 'Archived');
    if (client.answers) await run('confirm_delete', 'Deleted');
    return kindHere;
  }

  /** A handle of the user's, which a client of the session era takes over and gives back. */
  async function handle() {
    const notebook = await call('create_notebook');
    assert.equal(await call('write', { notebook, line: 'one' }), 'one');
    const old = await sdkV1({ release: '1-32' });
    const write = async (who, line) => {
      const other = await old.connect(url, { user: who });
      try {
        return await old.call(other, 'write', { notebook, line });
      } finally {
        await old.close(other);
      }
    };
    assert.equal(await write(user, 'two'), 'one, two');
    assert.match(await write('somebody else', 'x'), /no such notebook/);
    assert.equal(await call('write', { notebook, line: 'three' }), 'one, two, three');
  }
}

const orElse = (isKnown, word) => (error) => {
  if (isKnown(error)) return word;
  throw error;
};
