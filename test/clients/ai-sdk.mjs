import { createMCPClient } from '@ai-sdk/mcp';
import { timeout } from './timeout.mjs';
import { travel } from './travel.mjs';

await travel({
  connect: (url) => createMCPClient({ transport: { type: 'http', url } }),
  list: async (client) => Object.keys(await client.tools()),
  async call(client, name, args) {
    const tools = await client.tools();
    const abortSignal = AbortSignal.timeout(timeout);
    const options = { toolCallId: '1', messages: [], abortSignal };
    const { content } = await tools[name].execute(args, options);
    return content[0].text;
  },
  close: (client) => client.close(),
  // It tries to open its GET stream twice within 2.5 s: a matter of luck on a loaded machine.
  forgetsGet: true,
});
