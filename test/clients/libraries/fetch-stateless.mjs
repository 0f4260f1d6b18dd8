import { timeout } from '../journeys/timeout.mjs';
import { bearerOf } from './bearer.mjs';
import { postStateless } from './post-stateless.mjs';
import { textOf } from './text-of.mjs';

const clientInfo = { name: 'clients', version: '1.0.0' };

/**
 * No library: a few lines of fetch that speak the stateless revision, and ask nobody which revision
 * to speak. They read answers as JSON or as events.
 */
export default () => ({
  answers: true,
  cancels: true,
  connect: async (url, { user, answer } = {}) => ({ url, answer, headers: bearerOf(user) }),
  async list(line) {
    const { tools } = await ask(line, 'tools/list', {});
    line.tools = tools;
    return tools.map(({ name }) => name);
  },
  async call(line, name, args, { signal } = {}) {
    const params = { name, arguments: args };
    let result = await ask(line, 'tools/call', params, signal);
    while (result.resultType === 'input_required') {
      const answers = Object.entries(result.inputRequests).map(([key, asked]) => [
        key,
        line.answer(asked.params),
      ]);
      const { requestState } = result;
      const inputResponses = Object.fromEntries(answers);
      result = await ask(line, 'tools/call', { ...params, inputResponses, requestState }, signal);
    }
    return textOf(result.content);
  },
  close: async () => {},
});

async function ask({ url, headers, answer, tools }, method, params, signal) {
  const late = AbortSignal.timeout(timeout);
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': clientInfo,
    'io.modelcontextprotocol/clientCapabilities': answer ? { elicitation: { form: {} } } : {},
  };
  const { result, error } = await postStateless(
    url,
    { method, params: { ...params, _meta } },
    { headers, tools, signal: signal ? AbortSignal.any([signal, late]) : late },
  );
  if (error) throw new Error(error.message);
  return result;
}
