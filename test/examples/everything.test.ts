import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { ErrorCode } from '@modelcontextprotocol/sdk/types.js';
import { createRuntime, type Runtime } from 'mcp-actors';
import { type NodeServer, serve } from 'mcp-actors/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEverythingServer } from '../../examples/everything/server.ts';
import { type EverythingState, initialState } from '../../examples/everything/state.ts';
import { jsonSchemaTool } from '../../examples/everything/tools/json-schema-tool.ts';
import { connect, EverythingClient, textOf } from './everything-client.ts';

const toolNames = [
  ['echo', 'add', 'test_simple_text', 'test_error_handling'],
  ['long-running', 'test_tool_with_progress', 'test_tool_with_logging', 'test_reconnection'],
  ['remember', 'recall', 'forget', 'counter', 'whoami'],
  ['test_image_content', 'test_audio_content', 'test_embedded_resource'],
  ['test_multiple_content_types', 'test_sampling', 'test_elicitation'],
  ['test_elicitation_sep1034_defaults', 'test_elicitation_sep1330_enums'],
  ['json_schema_2020_12_tool'],
].flat();

describe.each(['auto', 'sse'] as const)('the everything server, answering in %s', (mode) => {
  let runtime: Runtime<EverythingState>;
  let host: NodeServer;
  let mine: EverythingClient;
  let others: EverythingClient;

  beforeAll(async () => {
    runtime = createRuntime({
      server: createEverythingServer,
      state: initialState,
      responseMode: mode,
    });
    host = await serve(runtime, { port: 0 });
  });
  afterAll(() => host.close({ deadlineMs: 1000 }));
  beforeEach(async () => {
    mine = await EverythingClient.connect(host.url);
    others = await EverythingClient.connect(host.url);
  });
  afterEach(() => Promise.all([mine.client.close(), others.client.close()]));

  describe('tools', () => {
    it('are listed in one order, each with a description', async () => {
      const { tools } = await mine.client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(toolNames);
      expect(tools.every(({ description }) => description)).toBe(true);
      expect((await others.client.listTools()).tools).toEqual(tools);
    });

    it('R4: name no dialect, but for the one that shows what a schema can have', async () => {
      const { tools } = await mine.client.listTools();
      const naming = tools.filter(({ inputSchema }) => '$schema' in inputSchema);
      expect(naming.map(({ name }) => name)).toEqual(['json_schema_2020_12_tool']);
    });

    it('json_schema_2020_12_tool is listed word for word and says back its arguments', async () => {
      const { tools } = await mine.client.listTools();
      const listed = tools.find(({ name }) => name === 'json_schema_2020_12_tool');
      expect(listed).toEqual(jsonSchemaTool.listing);
      const args = { name: 'Ada', contactMethod: 'email', email: 'ada@example.org' };
      expect(JSON.parse(await mine.text('json_schema_2020_12_tool', args))).toEqual(args);
    });

    it('echo, add and test_simple_text compute', async () => {
      expect(await mine.text('echo', { message: 'a\n\nb' })).toBe('Echo: a\n\nb');
      expect(await mine.text('add', { a: 2, b: 0.5 })).toContain('2.5');
      expect(await mine.text('test_simple_text')).toBe(
        'This is a simple text response for testing.',
      );
    });

    it('test_error_handling, bad arguments and unknown names fail, each in its way', async () => {
      const failed = await mine.call('test_error_handling');
      expect(failed.isError).toBe(true);
      expect(textOf(failed)).toBe('This tool intentionally returns an error for testing');
      const refused = await mine.call('add', { a: 'one', b: 2 });
      expect(refused.isError).toBe(true);
      expect(textOf(refused)).toContain('→ at a');
      const unknown = 'x'.repeat(100_000);
      const error: unknown = await mine.call(unknown).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: ErrorCode.InvalidParams });
      expect(String(error).length).toBeLessThan(200);
    });

    it('answer with images, sounds and resources', async () => {
      expect(await mine.types('test_image_content')).toEqual(['image']);
      expect(await mine.types('test_audio_content')).toEqual(['audio']);
      expect(await mine.types('test_embedded_resource')).toEqual(['resource']);
      expect(await mine.types('test_multiple_content_types')).toEqual([
        'text',
        'image',
        'resource',
      ]);
    });

    it.each([
      ['long-running', { duration: 0.09, steps: 3 }, ['1/3', '2/3', '3/3']],
      ['test_tool_with_progress', {}, ['0/100', '50/100', '100/100']],
    ])('%s reports its progress', async (name, args, expected) => {
      const seen: string[] = [];
      await mine.client.callTool({ name, arguments: args }, undefined, {
        onprogress: ({ progress, total }) => seen.push(`${progress}/${total}`),
      });
      expect(seen).toEqual(expected);
    });

    it('long-running stops when it is cancelled', async () => {
      const cancel = new AbortController();
      const call = mine.client.callTool(
        { name: 'long-running', arguments: { duration: 600, steps: 1000 } },
        undefined,
        { signal: cancel.signal, onprogress: () => cancel.abort('enough') },
      );
      await expect(call).rejects.toThrow('enough');
      await expect.poll(() => runtime.stats().inFlight).toBe(0);
    });

    it('test_reconnection answers on the resumed stream', async () => {
      expect(await mine.text('test_reconnection')).toContain('completed');
    });

    it('remember, recall and forget keep to their session', async () => {
      await mine.text('remember', { id: 'a' });
      await others.text('remember', { id: 'b' });
      expect(await mine.text('recall')).toBe('["a"]');
      expect((await others.call('forget', { id: 'a' })).isError).toBe(true);
      await mine.text('forget', { id: 'a' });
      expect((await mine.call('forget', { id: 'a' })).isError).toBe(true);
      expect(await others.text('recall')).toBe('["b"]');
    });

    it('counter counts for its session, however many calls come at once', async () => {
      await Promise.all(Array.from({ length: 20 }, () => mine.text('counter')));
      expect(await mine.text('counter', { by: 22 })).toBe('42');
      expect(await others.text('counter', { by: 0 })).toBe('0');
    });

    it('whoami tells of its session, and not its id', async () => {
      await mine.text('counter', { by: 7 });
      const told = await mine.text('whoami');
      expect(JSON.parse(told)).toMatchObject({
        principal: 'anonymous',
        era: 'legacy',
        protocolVersion: '2025-11-25',
        ageMs: expect.any(Number),
        wakeCount: 0,
        state: { counter: 7 },
      });
      expect(told).not.toContain(mine.client.transport?.sessionId);
    });
  });

  describe('what it asks the client', () => {
    it('test_sampling has the model answer', async () => {
      const answer = await mine.text('test_sampling', { prompt: 'two and two?' });
      expect(answer).toMatch(/^LLM response: answer to .*two and two\?/);
    });

    it('test_elicitation asks the user, who may decline', async () => {
      mine.answer = { response: 'blue' };
      const answer = await mine.text('test_elicitation', { message: 'Your colour?' });
      expect(answer).toBe('User response: action=accept, content={"response":"blue"}');
      expect(mine.asked).toMatchObject([{ message: 'Your colour?' }]);
      mine.answer = undefined;
      expect(await mine.text('test_elicitation', { message: 'And now?' })).toContain('decline');
      expect(others.asked).toEqual([]);
    });

    it('test_elicitation_sep1034_defaults fills in the form', async () => {
      mine.answer = { name: 'Ada' };
      expect(await mine.text('test_elicitation_sep1034_defaults')).toBe(
        'Elicitation completed: action=accept, content={"name":"Ada"}',
      );
      expect(mine.asked[0]).toMatchObject({
        requestedSchema: {
          properties: {
            name: { type: 'string', default: 'John Doe' },
            age: { type: 'integer', default: 30 },
            score: { type: 'number', default: 95.5 },
            status: { enum: ['active', 'inactive', 'pending'], default: 'active' },
            verified: { type: 'boolean', default: true },
          },
        },
      });
    });

    it('test_elicitation_sep1330_enums offers each kind of choice, and checks what is chosen', async () => {
      mine.answer = { titledSingle: 'value2', untitledMulti: ['option1', 'option3'] };
      expect(await mine.text('test_elicitation_sep1330_enums')).toContain('option3');
      mine.answer = { titledSingle: 'not on offer' };
      expect((await mine.call('test_elicitation_sep1330_enums')).isError).toBe(true);
    });

    it('a client that cannot be asked gets a tool error', async () => {
      const plain = new Client({ name: 'plain', version: '1.0.0' });
      await connect(plain, host.url);
      for (const call of [
        { name: 'test_sampling', arguments: { prompt: 'hi' } },
        { name: 'test_elicitation', arguments: { message: 'hi' } },
      ]) {
        expect(await plain.callTool(call)).toMatchObject({ isError: true });
      }
      await plain.close();
    });
  });

  describe('resources', () => {
    it('are listed and read', async () => {
      const { resources } = await mine.client.listResources();
      expect(resources.map(({ uri }) => uri)).toEqual([
        'test://static-text',
        'test://static-binary',
        'test://watched-resource',
      ]);
      expect(await mine.read('test://static-text')).toMatchObject({ mimeType: 'text/plain' });
      expect(await mine.read('test://static-binary')).toMatchObject({ mimeType: 'image/png' });
    });

    it('come from a template', async () => {
      const { resourceTemplates } = await mine.client.listResourceTemplates();
      expect(resourceTemplates).toMatchObject([{ uriTemplate: 'test://template/{id}/data' }]);
      expect(await mine.read('test://template/123/data')).toEqual({
        uri: 'test://template/123/data',
        mimeType: 'application/json',
        text: '{"id":"123","templateTest":true,"data":"Data for ID: 123"}',
      });
    });

    it.each(['test://nowhere', 'test://template//data', `test://${'x'.repeat(100_000)}`])(
      'there is none at %.30s',
      async (uri) => {
        const error: unknown = await mine.read(uri).catch((e: unknown) => e);
        expect(error).toMatchObject({ code: -32002 });
        expect(JSON.stringify(error).length).toBeLessThan(300);
      },
    );

    it('tell the session that subscribed, now and later, until it unsubscribes', async () => {
      const uri = 'test://watched-resource';
      const before = await mine.read(uri);
      await mine.client.subscribeResource({ uri });
      await expect.poll(() => mine.updated).toEqual([uri, uri]);
      await mine.client.unsubscribeResource({ uri });
      expect(await mine.read(uri)).not.toEqual(before);
      expect(await mine.read(uri)).toEqual(await mine.read(uri));
      expect(others.updated).toEqual([]);
    });
  });

  describe('prompts', () => {
    const filled: Record<string, Record<string, string>> = {
      test_simple_prompt: {},
      test_prompt_with_arguments: { arg1: 'hello', arg2: 'world' },
      test_prompt_with_embedded_resource: { resourceUri: 'test://some' },
      test_prompt_with_image: {},
    };

    it('are listed, each with a description', async () => {
      const { prompts } = await mine.client.listPrompts();
      expect(prompts.map(({ name }) => name)).toEqual(Object.keys(filled));
      expect(prompts.every(({ description }) => description)).toBe(true);
    });

    it.each(Object.entries(filled))('%s is filled in', async (name, args) => {
      const prompt = JSON.stringify(await mine.client.getPrompt({ name, arguments: args }));
      for (const value of Object.values(args)) expect(prompt).toContain(value);
    });

    it.each(['test_prompt_with_arguments', 'test_prompt_with_embedded_resource', 'nowhere'])(
      '%s is refused without its arguments',
      async (name) => {
        const prompt = mine.client.getPrompt({ name });
        await expect(prompt).rejects.toMatchObject({ code: ErrorCode.InvalidParams });
      },
    );
  });

  it('completes arguments of prompts and variables of templates', async () => {
    const prompt = { type: 'ref/prompt', name: 'test_prompt_with_arguments' } as const;
    expect(await mine.complete(prompt, 'arg1', 'par')).toEqual(['paris', 'park', 'party']);
    expect(await mine.complete(prompt, 'arg3', 'par')).toEqual([]);
    const template = { type: 'ref/resource', uri: 'test://template/{id}/data' } as const;
    expect(await mine.complete(template, 'id', '12')).toEqual(['12', '123']);
    await expect(mine.complete({ ...prompt, name: 'none' }, 'arg1', '')).rejects.toThrow('Unknown');
  });

  it('logging/setLevel silences the session that asked for it, and no other', async () => {
    await mine.client.setLoggingLevel('warning');
    await Promise.all([mine.text('test_tool_with_logging'), others.text('test_tool_with_logging')]);
    expect(mine.logged).toEqual([]);
    expect(others.logged).toHaveLength(3);
  });
});
