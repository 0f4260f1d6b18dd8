import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRuntime, type Runtime, type RuntimeOptions } from 'mcp-actors';
import { serveWebSocket, type WebSocketDoor, type WebSocketOptions } from 'mcp-actors/websocket';
import { onTestFinished } from 'vitest';
import { Fixture } from './fixture.ts';
import { drawn } from './drawn.ts';
import { VirtualClock } from './virtualClock.ts';

/** A runtime behind WebSockets on a real port, on a virtual clock. */
export interface WebSocketRig {
  readonly runtime: Runtime;
  readonly fixture: Fixture;
  readonly clock: VirtualClock;
  readonly server: Server;
  readonly door: WebSocketDoor;
  readonly url: string;
}

/** Starts a rig for the running test, which ends it. */
export async function startWebSocketRig(
  options: Partial<RuntimeOptions<unknown>> = {},
  doorOptions: Partial<WebSocketOptions> = {},
): Promise<WebSocketRig> {
  const fixture = new Fixture();
  const clock = new VirtualClock();
  const runtime = createRuntime<unknown>({
    server: fixture.factory,
    clock,
    random: drawn,
    ...options,
  });
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const door = serveWebSocket(runtime, { server, ...doorOptions });
  onTestFinished(async () => {
    await runtime.close();
    server.close();
  });
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  return { runtime, fixture, clock, server, door, url };
}
