// The recipe of SDK v2: a server for each request.
import { createServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import {
  localhostHostValidation,
  localhostOriginValidation,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';

const text = (said) => ({ content: [{ type: 'text', text: said }] });
const handler = toNodeHandler(
  createMcpHandler(() => {
    const server = new McpServer({ name: 'handler', version: '1.0.0' });
    let calls = 0;
    server.registerTool('count', {}, () => text(`${++calls}`));
    server.registerTool('stray', {}, () => {
      void Promise.reject(new Error('nobody awaits this'));
      return text('done');
    });
    server.registerTool('slow', {}, async ({ mcpReq }) => {
      for (let progress = 1; progress <= 20; progress++) {
        await setTimeout(100);
        const params = { progressToken: mcpReq._meta?.progressToken ?? 0, progress };
        await mcpReq.notify({ method: 'notifications/progress', params });
      }
      return text('done');
    });
    return server;
  }),
);
const isHostRight = localhostHostValidation();
const isOriginRight = localhostOriginValidation();
createServer((req, res) => {
  if (isHostRight(req, res) && isOriginRight(req, res)) void handler(req, res);
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'));
