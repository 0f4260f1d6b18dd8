import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { nodeHandler } from 'mcp-actors/node';
import { runtime } from './server.ts';

class AppModule {
  readonly name = 'yours';
}
Module({})(AppModule);

const app = await NestFactory.create(AppModule, { logger: false });
app.use('/mcp', nodeHandler(runtime));
await app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
console.log(`${await app.getUrl()}/mcp`);
