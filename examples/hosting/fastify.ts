import Fastify from 'fastify';
import { fastifyMcp } from 'mcp-actors/fastify';
import { runtime } from './server.ts';

const app = Fastify();
app.register(fastifyMcp(runtime));
const address = await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' });
console.log(`${address}/mcp`);
