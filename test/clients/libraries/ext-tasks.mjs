import {
  createTaskSessionFromClient,
  resultFromTaskOutcome,
} from '@modelcontextprotocol/ext-tasks/client';
import { bearerOf } from './bearer.mjs';
import { postStateless } from './post-stateless.mjs';
import sdkV2 from './sdk-v2.mjs';
import { textOf } from './text-of.mjs';

const framing = {
  protocolVersion: '2026-07-28',
  clientInfo: { name: 'clients', version: '1.0.0' },
  clientCapabilities: {
    elicitation: { form: {} },
    extensions: { 'io.modelcontextprotocol/tasks': {} },
  },
};

/** The v2 SDK's client with the official requester of tasks, by which it calls. */
export default async (options) => {
  const sdk = await sdkV2(options);

  return {
    ...sdk,
    // What is reported of a task is in its state.
    reports: false,
    async connect(url, { user, answer } = {}) {
      const { extensions } = framing.clientCapabilities;
      const { client, line } = await sdk.connect(url, { user, answer, extensions });
      const { tools } = await client.listTools();
      const tasks = createTaskSessionFromClient(client, {
        endpointId: url,
        onInputRequest: async ({ params }) => answer(params),
        // The SDK's client lets no result pass that is a task.
        ...(client.getProtocolEra() === 'modern' && {
          v2RequestFraming: framing,
          async rawDispatch(request, { signal } = {}) {
            const how = { headers: bearerOf(user), tools, signal };
            const { result, error } = await postStateless(url, request, how);
            return error ? { kind: 'error', error } : { kind: 'result', result };
          },
        }),
      });
      return { client, line, tasks };
    },
    call: async (connected, name, args, how) => (await settle(connected, name, args, how)).text,
    task: settle,
    async close(connected) {
      await connected.tasks.close();
      await sdk.close(connected);
    },
  };
};

/** Calls a tool, and sees a task to its end where the call became one. */
async function settle({ tasks }, name, args, { signal } = {}) {
  const calling = new AbortController();
  const stop = () => calling.abort();
  signal?.addEventListener('abort', stop);
  const execution = await tasks.callTool(name, args, { signal: calling.signal });
  // That would only look away from a task.
  signal?.removeEventListener('abort', stop);
  signal?.addEventListener('abort', () => execution.cancel());
  const { outcome } = await execution.settle();
  return { kind: execution.kind, text: textOf(resultFromTaskOutcome(outcome).content) };
}
