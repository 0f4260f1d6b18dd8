import { timeout } from '../journeys/timeout.mjs';
import { bearerOf } from './bearer.mjs';
import { textOf } from './text-of.mjs';

/**
 * No library: a few lines of fetch, as people write them. It reads answers as JSON or as events,
 * opens no GET stream, and resumes nothing.
 */
export default () => ({
  async connect(url, { user } = {}) {
    const line = { url, headers: bearerOf(user), ids: 0 };
    const { protocolVersion } = await ask(line, 'initialize', {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'clients', version: '1.0.0' },
    });
    line.headers['mcp-protocol-version'] = protocolVersion;
    await post(line, { method: 'notifications/initialized' });
    return line;
  },
  list: async (line) => (await ask(line, 'tools/list', {})).tools.map(({ name }) => name),
  call: async (line, name, args) =>
    textOf((await ask(line, 'tools/call', { name, arguments: args })).content),
  async close({ url, headers }) {
    await fetch(url, { method: 'DELETE', headers });
  },
});

async function ask(line, method, params) {
  const id = ++line.ids;
  const response = await post(line, { id, method, params });
  const session = response.headers.get('mcp-session-id');
  if (session !== null) line.headers['mcp-session-id'] = session;
  return answerTo(id, await response.text());
}

function post({ url, headers }, message) {
  return fetch(url, {
    method: 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    signal: AbortSignal.timeout(timeout),
  });
}

/** Finds the answer in JSON or in events. */
function answerTo(id, text) {
  const events = text.split('\n').filter((row) => row.startsWith('data: {'));
  const messages = text.startsWith('{') ? [text] : events.map((row) => row.slice(6));
  const { result, error } = messages
    .map((message) => JSON.parse(message))
    .find((message) => message.id === id);
  if (error) throw new Error(error.message);
  return result;
}
