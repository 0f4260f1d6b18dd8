import { timeout } from '../journeys/timeout.mjs';

/**
 * No library: a few lines of fetch, as people write them. It reads answers as JSON or as events,
 * opens no GET stream, and resumes nothing.
 */
export default () => ({
  async connect(url) {
    const line = { url, ids: 0, session: undefined };
    const { result } = await ask(line, 'initialize', {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'clients', version: '1.0.0' },
    });
    line.revision = result.protocolVersion;
    await post(line, { method: 'notifications/initialized' });
    return line;
  },
  list: async (line) => (await ask(line, 'tools/list', {})).result.tools.map(({ name }) => name),
  call: async (line, name, args) =>
    (await ask(line, 'tools/call', { name, arguments: args })).result.content[0].text,
  async close(line) {
    await fetch(line.url, { method: 'DELETE', headers: headersOf(line) });
  },
});

async function ask(line, method, params) {
  const id = ++line.ids;
  const response = await post(line, { id, method, params });
  line.session ??= response.headers.get('mcp-session-id');
  const text = await response.text();
  if (!response.headers.get('content-type').startsWith('text/event-stream'))
    return JSON.parse(text);
  const messages = text.split('\n').filter((row) => row.startsWith('data: {'));
  return messages.map((row) => JSON.parse(row.slice(6))).find((message) => message.id === id);
}

function post(line, message) {
  return fetch(line.url, {
    method: 'POST',
    headers: headersOf(line),
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    signal: AbortSignal.timeout(timeout),
  });
}

const headersOf = ({ session, revision }) => ({
  accept: 'application/json, text/event-stream',
  'content-type': 'application/json',
  ...(revision && { 'mcp-protocol-version': revision }),
  ...(session && { 'mcp-session-id': session }),
});
