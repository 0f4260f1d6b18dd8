// A chart is the server: tools come and go with its state, and its day of patience outlasts sleep.
import assert from 'node:assert/strict';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { virtualClock } from 'mcp-actors/testing';
import { start } from './server.ts';

const clock = virtualClock();
const runtime = start({ clock });
const fetch = (url: string | URL, init?: RequestInit) => runtime.fetch(new Request(url, init));
const open = async (answer: 'accept' | 'decline') => {
  const client = new Client(
    { name: 'shopper', version: '1.0.0' },
    { capabilities: { elicitation: {} } },
  );
  client.fallbackRequestHandler = async () => ({ action: answer, content: {} });
  const url = new URL('http://localhost/mcp');
  await client.connect(new StreamableHTTPClientTransport(url, { fetch }));
  const list = async () => (await client.listTools()).tools.map(({ name }) => name).join();
  const call = async (name: string, args = {}) =>
    JSON.stringify((await client.callTool({ name, arguments: args })).content);
  return { client, list, call };
};

const ann = await open('accept');
assert.equal(await ann.list(), 'add_item');
assert.match(await ann.call('place_order'), /Not possible now. The cart has no address yet/);
await ann.call('add_item', { item: 'apples' });
assert.equal(await ann.list(), 'add_item,give_address');
await ann.call('give_address', { address: 'Main Street 1' });
await clock.elapse(60 * 60_000); // an hour: the session sleeps
assert.match(await ann.call('place_order'), /The order is paid/);

const bob = await open('decline');
await bob.call('add_item', { item: 'pears' });
await clock.elapse(24 * 60 * 60_000); // a day: nobody calls, and the session wakes by itself
assert.match(await bob.call('add_item', { item: 'plums' }), /The cart has expired/);
await Promise.all([ann.client.close(), bob.client.close(), runtime.close()]);
console.log('One cart was paid after a sleep, and one expired in another');
