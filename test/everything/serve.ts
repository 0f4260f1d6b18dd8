import process from 'node:process';
import { createRuntime, type RuntimeOptions } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import { createEverythingServer } from '../../examples/everything/server.ts';
import { type EverythingState, initialState } from '../../examples/everything/state.ts';
import { taskMode } from '../../examples/everything/tools/task-tools.ts';
import { createMcpServerV1 } from './mcpServerV1.ts';
import { createMcpServerV2 } from './mcpServerV2.ts';

type Options = Pick<RuntimeOptions<EverythingState>, 'server' | 'modern' | 'principal'>;

/** Servers of each kind, in each scope. One without a scope has that of anonymous callers. */
const FIXTURES: Readonly<Record<string, Options>> = {
  'v1 Server, scope principal': {
    server: createEverythingServer,
    modern: { scope: 'principal' },
    principal: () => 'referee',
  },
  'v1 Server, scope request': { server: createEverythingServer, modern: { scope: 'request' } },
  'v1 Server, scope shared': { server: createEverythingServer, modern: { scope: 'shared' } },
  'v1 McpServer': { server: createMcpServerV1 },
  'v2 McpServer, as in a session': { server: (session) => createMcpServerV2(session, false) },
  'v2 McpServer, in its own way': { server: (session) => createMcpServerV2(session, true) },
};

/** Serves all fixtures, each on a port of its own, until the process is told to end. */
const hosts = await Promise.all(
  Object.entries(FIXTURES).map(async ([name, { modern, ...options }]) => {
    const runtime = createRuntime<EverythingState>({
      ...options,
      state: initialState,
      modern: { ...(modern as object), prefer: 'stateless' },
      tasks: { afterMs: 300, mode: taskMode },
      report: false,
    });
    return { name, host: await serve(runtime, { port: 0 }) };
  }),
);
console.log(JSON.stringify(hosts.map(({ name, host }) => [name, host.url])));
process.once('SIGTERM', () => {
  const closed = Promise.all(hosts.map(({ host }) => host.close({ deadlineMs: 1000 })));
  void closed.then(() => process.exit(0)).catch(() => process.exit(1));
});
