import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { koaMcp } from 'mcp-actors/koa';
import { runtime } from './server.ts';

const app = new Koa();
app.use(koaMcp(runtime));
const listener = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(listener.address() as AddressInfo).port}/mcp`);
});
