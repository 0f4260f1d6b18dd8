// A tool that takes its time and knows nothing of tasks: for a client that does, its call is one.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime } from 'mcp-actors';
import { serve } from 'mcp-actors/node';

const runtime = createRuntime({
  tasks: { afterMs: 50 }, // with a durable store, the next process has what became of it
  server(session) {
    const server = new McpServer({ name: 'reports', version: '1.0.0' }, session.serverOptions);
    server.registerTool('report', {}, async () => {
      await sleep(200);
      return { content: [{ type: 'text', text: 'Written' }] };
    });
    return server;
  },
});
const { url, close } = await serve(runtime, { port: 0 });
const revision = { 'mcp-protocol-version': '2026-07-28', accept: 'application/json' };
const _meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {
    extensions: { 'io.modelcontextprotocol/tasks': {} },
  },
};
const ask = async (method: string, name: string, params: object) => {
  const headers = { 'content-type': 'application/json', 'mcp-method': method, 'mcp-name': name };
  const body = { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } };
  const sent = { method: 'POST', headers: { ...revision, ...headers }, body: JSON.stringify(body) };
  return ((await (await fetch(url, sent)).json()) as { result: Record<string, string> }).result;
};
const { resultType, taskId = '' } = await ask('tools/call', 'report', { name: 'report' });
assert.equal(resultType, 'task');
let task = await ask('tasks/get', taskId, { taskId });
for (; task['status'] === 'working'; task = await ask('tasks/get', taskId, { taskId }))
  await sleep(50);
assert.match(JSON.stringify(task), /Written/);
await close();
console.log('A call that lasted became a task, and its result was fetched.');
