import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime, defineHandle } from 'mcp-actors';
import { connectInMemory } from 'mcp-actors/memory';
import { chromium } from 'playwright-core';
import * as z from 'zod';

const { CHROMIUM: executablePath = '/usr/bin/chromium' } = process.env;
const browsers = defineHandle({
  name: 'browser',
  async open(_input, handle) {
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    return handle.own(browser, { ended: 'disconnected' }).newPage(); // closed on every kind of end
  },
});
await using runtime = createRuntime({
  server(session) {
    const server = new McpServer({ name: 'browsers', version: '1.0.0' }, session.serverOptions);
    browsers.register(server, z); // create_browser, destroy_browser
    const inputSchema = z.object({ browser: browsers.argument(z), html: z.string() });
    server.registerTool('show', { inputSchema }, ({ browser, html }) =>
      browsers.use(browser, async (page) => {
        await page.setContent(html);
        return { content: [{ type: 'text', text: await page.title() }] };
      }),
    );
    return server;
  },
});
const client = new Client({ name: 'user', version: '1.0.0' });
await client.connect(connectInMemory(runtime));
const call = async (name: string, args = {}) =>
  JSON.stringify(await client.callTool({ name, arguments: args }));
const [browser] = /[a-z2-7]{26}/.exec(await call('create_browser')) ?? [];
assert.ok(browser, `No browser was opened: CHROMIUM names one, now ${executablePath}`);
assert.match(await call('show', { browser, html: '<title>Hello</title>' }), /Hello/);
assert.match(await call('destroy_browser', { browser }), /gone/);
await client.close();
console.log('A browser was opened, used and closed by its id.');
