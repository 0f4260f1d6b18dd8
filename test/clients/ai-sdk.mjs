import { createMCPClient } from '@ai-sdk/mcp';
import { journey } from './journey.mjs';

await journey({
  connect: (url) => createMCPClient({ transport: { type: 'http', url } }),
  list: async (client) => Object.keys(await client.tools()),
  async call(client, name, args) {
    const tools = await client.tools();
    const { content } = await tools[name].execute(args, { toolCallId: '1', messages: [] });
    return content[0].text;
  },
  close: (client) => client.close(),
});
