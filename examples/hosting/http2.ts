import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { nodeHandler } from 'mcp-actors/node';
import { runtime } from './server.ts';

const server = createServer(nodeHandler(runtime));
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`);
});
