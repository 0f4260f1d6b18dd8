import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Request, RequestHandler } from 'express';
import { nodeHandler } from 'mcp-actors/node';
import { type Door, Rig } from './door.ts';
import { authInfoFrom, streamable } from './streamable.ts';

class App {
  readonly name = 'app';
}
Module({})(App);

/** What a guard or a middleware of the application would do. */
const authenticate: RequestHandler = (
  request: Request & { auth?: object | undefined },
  _,
  next,
) => {
  request.auth = authInfoFrom(request.headers);
  next();
};

export const nest: Door = {
  name: 'nest',
  async open(limits) {
    const rig = new Rig(limits);
    const options = { logger: false, forceCloseConnections: true } as const;
    const app = await NestFactory.create<NestExpressApplication>(App, options);
    app.use('/mcp', authenticate, nodeHandler(rig.runtime));
    await app.listen(0, '127.0.0.1');
    return rig.door(streamable(`${await app.getUrl()}/mcp`), () => app.close());
  },
};
