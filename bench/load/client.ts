import type { Connection } from './connection.ts';
import { header, type HttpReply } from './parser.ts';

const PROTOCOL_VERSION = '2025-11-25';
const STATELESS_VERSION = '2026-07-28';

/** A message of a server, as far as it is looked at. */
export interface Answer {
  id?: number;
  result?: { serverInfo?: { name?: string }; content?: { text?: string }[] };
}

/** A session as its client holds it: the id, and the bytes every request of it starts with. */
export interface ClientSession {
  readonly id: string;
  readonly port: number;
  readonly accept: string;
  readonly head: string;
  /** What every request of the stateless revision says of its client. */
  readonly meta?: string;
}

/** Accepts either form of an answer, as the SDK's clients do. */
export const EITHER = 'application/json, text/event-stream';
/** Accepts either, and would rather have event streams. */
export const STREAMS_FIRST = 'text/event-stream, application/json';

/** A client of a server that opens no sessions: each of its requests stands alone. */
export function requestClient(port: number): ClientSession {
  const head =
    `${common('POST', port, EITHER)}Content-Type: application/json\r\n` +
    `MCP-Protocol-Version: ${PROTOCOL_VERSION}\r\nContent-Length: `;
  return { id: '', port, accept: EITHER, head };
}

/** A client of the stateless revision: nothing is opened for it. */
export function statelessClient(port: number): ClientSession {
  const head =
    `${common('POST', port, EITHER)}Content-Type: application/json\r\n` +
    `MCP-Protocol-Version: ${STATELESS_VERSION}\r\nMcp-Method: tools/call\r\n` +
    'Mcp-Name: echo\r\nContent-Length: ';
  const meta = {
    'io.modelcontextprotocol/protocolVersion': STATELESS_VERSION,
    'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } },
    'io.modelcontextprotocol/clientInfo': { name: 'bench-driver', version: '1.0.0' },
  };
  return { id: '', port, accept: EITHER, head, meta: `,"_meta":${JSON.stringify(meta)}` };
}

const common = (method: string, port: number, accept: string): string =>
  `${method} /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: ${accept}\r\n`;

const post = (head: string, body: string): string => `${head}${body.length}\r\n\r\n${body}`;

/** The first message of a session. */
export const INITIALIZE = JSON.stringify({
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: PROTOCOL_VERSION,
    capabilities: {},
    clientInfo: { name: 'bench-driver', version: '1.0.0' },
  },
});
/** The second. */
export const INITIALIZED = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' });

/** Opens a session: both messages, both answers checked. */
export async function openSession(
  connection: Connection,
  port: number,
  accept: string,
): Promise<ClientSession> {
  const start = `${common('POST', port, accept)}Content-Type: application/json\r\n`;
  const reply = await connection.ask(post(`${start}Content-Length: `, INITIALIZE));
  const answer = message(reply);
  const id = header(reply.head, 'mcp-session-id');
  if (answer.id !== 0 || answer.result?.serverInfo?.name !== 'bench' || !id) {
    throw wrong('initialize', reply);
  }
  const head =
    `${start}MCP-Protocol-Version: ${PROTOCOL_VERSION}\r\n` +
    `Mcp-Session-Id: ${id}\r\nContent-Length: `;
  const accepted = await connection.ask(post(head, INITIALIZED));
  if (accepted.status !== 202) throw wrong('initialized', accepted);
  return { id, port, accept, head };
}

export async function closeSession(
  connection: Connection,
  { id, port, accept }: ClientSession,
): Promise<void> {
  const reply = await connection.ask(
    `${common('DELETE', port, accept)}MCP-Protocol-Version: ${PROTOCOL_VERSION}\r\n` +
      `Mcp-Session-Id: ${id}\r\n\r\n`,
  );
  if (reply.status !== 200 && reply.status !== 204) throw wrong('DELETE', reply);
}

/** Opens the GET stream of a session. */
export function streamRequest({ id, port }: ClientSession): string {
  return (
    `${common('GET', port, 'text/event-stream')}MCP-Protocol-Version: ${PROTOCOL_VERSION}\r\n` +
    `Mcp-Session-Id: ${id}\r\n\r\n`
  );
}

/** The message of a call. @param meta what it says besides */
export function echoMessage(id: number, text: string, meta = ''): string {
  return (
    `{"jsonrpc":"2.0","id":${id},"method":"tools/call",` +
    `"params":{"name":"echo","arguments":{"text":"${text}"}${meta}}}`
  );
}

export function echoRequest(session: ClientSession, id: number, text: string): string {
  return post(session.head, echoMessage(id, text, session.meta));
}

/** A call of a tool that asks its user. */
export function askRequest(client: ClientSession, id: number): string {
  return echoRequest(client, id, 'Really?');
}

/** Asks to be told when the list of tools changes. */
export function listenRequest(port: number, id: number): string {
  const { head, meta } = statelessClient(port);
  const method = 'subscriptions/listen';
  return post(
    head.replace('tools/call', method).replace('Mcp-Name: echo\r\n', ''),
    `{"jsonrpc":"2.0","id":${id},"method":"${method}",` +
      `"params":{"notifications":{"toolsListChanged":true}${meta}}}`,
  );
}

/** Whether an answer is that to `initialize`. */
export function isWelcome({ id, result }: Answer): boolean {
  return id === 0 && result?.serverInfo?.name === 'bench';
}

/** Whether an answer is that to exactly this call. */
export function isEcho(answer: Answer, id: number, text: string): boolean {
  return answer.id === id && answer.result?.content?.[0]?.text === text;
}

/** Throws unless this is the answer to exactly that call. */
export function checkEcho(reply: HttpReply, id: number, text: string): void {
  if (!isEcho(message(reply), id, text)) throw wrong(`call ${id}`, reply);
}

/** The one message of a reply: a JSON body, or the last SSE event that carries data. */
function message({ status, body, head }: HttpReply): Answer {
  if (status !== 200) return {};
  if (!header(head, 'content-type')?.startsWith('text/event-stream')) {
    return JSON.parse(body) as Answer;
  }
  const at = body.lastIndexOf('data: ');
  return at < 0 ? {} : (JSON.parse(body.slice(at + 6, body.indexOf('\n', at))) as Answer);
}

function wrong(what: string, { status, head, body }: HttpReply): Error {
  return new Error(`Wrong answer to ${what}: ${status}\n${head}\n\n${body.slice(0, 500)}`);
}
