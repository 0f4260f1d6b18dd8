// 50 clients at once, all with the same request ids, and none hears a word meant for another.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createRuntime } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import { visit } from './client.ts';
import { createServer } from './server.ts';

const runtime = createRuntime({ server: createServer });
await using host = await serve(runtime, { port: 0 });

const nonces = Array.from({ length: 50 }, () => randomBytes(16).toString('hex'));
const inboxes = await Promise.all(nonces.map((nonce) => visit(host.url, nonce)));

const rows = inboxes.map((inbox, n) => {
  const found: string[] = JSON.stringify(inbox).match(/[0-9a-f]{32}/g) ?? [];
  return {
    'answers to ids': inbox.flatMap((each) => ('result' in each ? each.id : [])).join(),
    progress: inbox.filter((each) => 'method' in each && !('id' in each)).length,
    questions: inbox.filter((each) => 'method' in each && 'id' in each).length,
    'own nonces': found.filter((nonce) => nonce === nonces[n]).length,
    'foreign nonces': found.filter((nonce) => nonce !== nonces[n]).length,
  };
});
console.table(rows);

assert.equal(runtime.stats().spawned, nonces.length, 'a session for each client');
for (const row of rows) {
  assert.deepEqual(row, {
    'answers to ids': '0,2', // `initialize` and `work`; 1 was cancelled
    progress: 4,
    questions: 1,
    'own nonces': 7,
    'foreign nonces': 0,
  });
}
