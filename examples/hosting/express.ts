import type { AddressInfo } from 'node:net';
import express from 'express';
import { nodeHandler } from 'mcp-actors/node';
import { runtime } from './server.ts';

const app = express();
app.all('/mcp', nodeHandler(runtime));
const listener = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(listener.address() as AddressInfo).port}/mcp`);
});
