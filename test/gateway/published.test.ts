import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  ResourceUpdatedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { comesTrue } from '../support/processes.ts';
import { callText, connect, sdkV1, sdkV2 } from '../support/sdkClients.ts';
import { startGateway } from './gateway.ts';
import { guest, installGuests } from './guests.ts';

beforeAll(installGuests, 300_000);

const LONG = 'trigger-long-running-operation';

describe('server-everything behind the gateway', () => {
  it('lists and calls, for both generations of clients', async () => {
    const { url } = await startGateway({ child: guest('everything', 'stdio') });
    for (const client of [sdkV1(), sdkV2()]) {
      await connect(client, url);
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toContain(LONG);
      expect(await callText(client, 'echo', { message: 'hello' })).toBe('Echo: hello');
      expect((await client.listResources()).resources.length).toBeGreaterThan(0);
      expect((await client.listPrompts()).prompts.length).toBeGreaterThan(0);
    }
  });

  it('tells progress, and stops at a cancel', async () => {
    const { url } = await startGateway({ child: guest('everything', 'stdio') });
    const client = sdkV1();
    await connect(client, url);
    const seen: unknown[] = [];
    const call = { name: LONG, arguments: { duration: 0.2, steps: 4 } };
    const onprogress = ({ progress }: { progress: number }): void => void seen.push(progress);
    await client.callTool(call, undefined, { onprogress });
    expect(seen).toEqual([1, 2, 3, 4]);

    const leaving = new AbortController();
    const long = { name: LONG, arguments: { duration: 60, steps: 600 } };
    const cancelled = client.callTool(long, undefined, {
      signal: leaving.signal,
      onprogress: () => leaving.abort('enough'),
    });
    await expect(cancelled).rejects.toThrow('enough');
    expect(await callText(client, 'echo', { message: 'free' })).toBe('Echo: free');
  });

  it('asks its client: sampling, elicitation, roots', async () => {
    const { url } = await startGateway({ child: guest('everything', 'stdio') });
    const client = sdkV1({ capabilities: { sampling: {}, elicitation: {}, roots: {} } });
    client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => {
      const text = `sampled: ${JSON.stringify(params.messages[0]?.content)}`;
      return { model: 'm', role: 'assistant', content: { type: 'text', text } };
    });
    client.setRequestHandler(ElicitRequestSchema, () => {
      return { action: 'accept', content: { name: 'Ada', check: true } };
    });
    client.setRequestHandler(ListRootsRequestSchema, () => {
      return { roots: [{ uri: 'file:///srv/project', name: 'project' }] };
    });
    await connect(client, url);
    const sampled = await callText(client, 'trigger-sampling-request', { prompt: 'why?' });
    expect(sampled).toMatch(/sampled: .*why\?/);
    const answer = await client.callTool({ name: 'trigger-elicitation-request' });
    expect(JSON.stringify(answer.content)).toContain('Name: Ada');
    expect(await callText(client, 'get-roots-list')).toContain('file:///srv/project');
  });

  it('tells of subscribed resources', async () => {
    const { url } = await startGateway({ child: guest('everything', 'stdio') });
    const client = sdkV1();
    await connect(client, url);
    const uri = 'demo://resource/dynamic/text/1';
    const updated = new Promise((resolve) => {
      client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
        resolve(params.uri);
      });
    });
    await client.subscribeResource({ uri });
    await client.callTool({ name: 'toggle-subscriber-updates' });
    expect(await updated).toBe(uri);
  });
});

describe('server-memory behind the gateway', () => {
  it('keeps its graph where its variable says', async () => {
    const folder = temporary();
    const env = { MEMORY_FILE_PATH: join(folder, 'graph.jsonl') };
    const { url } = await startGateway({ child: { ...guest('memory'), env } });
    const entities = [{ name: 'Ada', entityType: 'person', observations: ['wrote notes'] }];
    const [one, two] = [sdkV1(), sdkV1()];
    await connect(one, url);
    await one.callTool({ name: 'create_entities', arguments: { entities } });
    await connect(two, url);
    expect(await callText(two, 'read_graph')).toContain('wrote notes');
  });
});

describe('server-filesystem behind the gateway', () => {
  it('reads what it is given, and nothing beside it', async () => {
    const folder = temporary();
    writeFileSync(join(folder, 'note.txt'), 'written on disk');
    const { url } = await startGateway({ child: guest('filesystem', folder) });
    const client = sdkV1();
    await connect(client, url);
    const path = join(folder, 'note.txt');
    expect(await callText(client, 'read_text_file', { path })).toBe('written on disk');
    const outside = await client.callTool({
      name: 'read_text_file',
      arguments: { path: '/etc/hostname' },
    });
    expect(outside.isError).toBe(true);
  });

  it('takes its folders from the roots of each client', async () => {
    let updates = 0;
    const onLog = ({ text }: { text: string }): void => {
      if (text.startsWith('Updated allowed directories')) updates++;
    };
    const { url } = await startGateway({ child: { ...guest('filesystem'), onLog } });
    const clients = await Promise.all(
      ['one', 'two'].map(async () => {
        const folder = temporary();
        writeFileSync(join(folder, 'own.txt'), folder);
        const client = sdkV1({ capabilities: { roots: {} } });
        client.setRequestHandler(ListRootsRequestSchema, () => {
          return { roots: [{ uri: `file://${folder}`, name: 'mine' }] };
        });
        await connect(client, url);
        return { client, folder };
      }),
    );
    await comesTrue(() => updates === 2);
    for (const { client, folder } of clients) {
      const allowed = await callText(client, 'list_allowed_directories');
      expect(allowed).toBe(`Allowed directories:\n${folder}`);
    }
  });
});

describe('server-sequential-thinking behind the gateway', () => {
  it('keeps one train of thought for each session', async () => {
    const { url } = await startGateway({ child: guest('sequential-thinking') });
    const think = async (thoughts: number): Promise<unknown> => {
      const client = sdkV1();
      await connect(client, url);
      let length: unknown;
      for (let thoughtNumber = 1; thoughtNumber <= thoughts; thoughtNumber++) {
        const { structuredContent } = await client.callTool({
          name: 'sequentialthinking',
          arguments: {
            thought: 'hm',
            thoughtNumber,
            totalThoughts: thoughts,
            nextThoughtNeeded: thoughtNumber < thoughts,
          },
        });
        length = (structuredContent as { thoughtHistoryLength?: number })?.thoughtHistoryLength;
      }
      return length;
    };
    expect(await Promise.all([think(1), think(3)])).toEqual([1, 3]);
  });
});

function temporary(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'gateway-')));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
