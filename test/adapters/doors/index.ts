import type { Door } from './door.ts';
import { express } from './express.ts';
import { fastify } from './fastify.ts';
import { fetch } from './fetch.ts';
import { hono } from './hono.ts';
import { koa } from './koa.ts';
import { legacySse } from './legacySse.ts';
import { memory } from './memory.ts';
import { nest } from './nest.ts';
import { next } from './next.ts';
import { node } from './node.ts';
import { stdio } from './stdio.ts';
import { webSocket } from './webSocket.ts';

/** Every adapter there is. A new one is a file beside this one and a name here. */
export const DOORS: readonly Door[] = [
  node,
  fetch,
  express,
  hono,
  fastify,
  koa,
  nest,
  next,
  webSocket,
  stdio,
  legacySse,
  memory,
];
