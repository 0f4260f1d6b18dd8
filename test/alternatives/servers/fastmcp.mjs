import { setTimeout } from 'node:timers/promises';
import { FastMCP } from 'fastmcp';

const server = new FastMCP({
  name: 'fastmcp',
  version: '1.0.0',
  authenticate: async ({ headers }) => ({
    user: /^Bearer (\w+)$/.exec(headers.authorization ?? '')?.[1] ?? 'nobody',
  }),
});
const counts = new Map();
server.addTool({
  name: 'count',
  execute: async (_, { sessionId }) => {
    counts.set(sessionId, (counts.get(sessionId) ?? 0) + 1);
    return `${counts.get(sessionId)}`;
  },
});
server.addTool({
  name: 'stray',
  execute: async () => {
    void Promise.reject(new Error('nobody awaits this'));
    return 'done';
  },
});
server.addTool({
  name: 'slow',
  execute: async (_, { reportProgress }) => {
    for (let progress = 1; progress <= 20; progress++) {
      await setTimeout(100);
      await reportProgress({ progress });
    }
    return 'done';
  },
});
await server.start({
  transportType: 'httpStream',
  httpStream: { port: Number(process.env.PORT), host: '127.0.0.1' },
});
console.log('listening');
