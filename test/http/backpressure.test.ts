import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { createRuntime } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import { expect, it, onTestFinished } from 'vitest';
import { connect, sdkV1 } from '../support/sdkClients.ts';

const COUNT = 300;
const data = 'x'.repeat(10_000);

it('a handler that awaits each word to a client that reads is not cut at maxStreamBytes', async () => {
  const runtime = createRuntime({
    server({ serverOptions }) {
      const server = new McpServer(
        { name: 'talker', version: '1.0.0' },
        { ...serverOptions, capabilities: { logging: {} } },
      );
      server.registerTool('talk', {}, async ({ sendNotification }) => {
        const params = { level: 'info' as const, data };
        for (let i = 0; i < COUNT; i++) {
          await sendNotification({ method: 'notifications/message', params });
        }
        return { content: [] };
      });
      return server;
    },
  });
  const host = await serve(runtime, { port: 0, contain: false });
  onTestFinished(async () => void (await host.close({ deadlineMs: 1 })));
  const client = sdkV1();
  let heard = 0;
  client.setNotificationHandler(LoggingMessageNotificationSchema, () => void heard++);
  await connect(client, host.url);

  await client.callTool({ name: 'talk', arguments: {} }, undefined, { timeout: 5000 });
  expect(heard).toBe(COUNT);
  expect(runtime.stats().limits).toEqual({});
});
