/** A client as somebody would set it up. */
export interface Configuration {
  readonly name: string;
  /** Its module below `libraries/`. */
  readonly library: string;
  /** What its module is told. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** What it speaks. @default 'http' */
  readonly door?: Door;
  /** Asks for a newer Node.js than ours. */
  readonly newer?: true;
  /** Why there is nothing of it that an outage could end. */
  readonly noOutages?: string;
  /** What its own ways make of a step, where that is not what is best. */
  readonly differs?: Differences;
}

/** Streamable HTTP, legacy SSE, WebSocket, stdio. */
export type Door = 'http' | 'sse' | 'websocket' | 'stdio';

/** Words for steps of the journeys. */
export type Differences = Readonly<Record<string, string>>;

/** It resumes no stream of a call, and waits for the answer until its time is up. */
const waits: Differences = { cutCall: 'timeout', killCall: 'timeout' };
/** It resumes nothing, and says at once that its line broke. */
const breaks: Differences = { cutCall: 'lost', killCall: 'lost' };
/** There is no session id on this line: with the line the session is over, and a new one begins. */
const anew: Differences = { cut: 'anew', kill: 'anew', term: 'anew' };
/** It opens its GET stream no second time, or a few times within seconds, while nobody listens yet. */
const forgetsGet: Differences = { cutGet: '-', killGet: '-', termGet: '-' };
/**
 * The SDK hands on what is reported a moment later, and nothing once the call is answered. Where a
 * report and the answer are read at once, as from a pipe, the report is lost.
 */
const dropsReports: Differences = { progress: 'some' };
const pipe = 'It ends with its process.';

/** Old clients try twice within 2.5 s; a server takes longer to start on a loaded machine. */
const patient = {
  initialReconnectionDelay: 500,
  maxReconnectionDelay: 1000,
  reconnectionDelayGrowFactor: 1.2,
  maxRetries: 30,
};

function sdk1(version: string, options: object = {}): Configuration {
  return {
    name: `SDK ${version}`,
    library: 'sdk-v1',
    options: { release: version.replace('.', '-'), ...options },
  };
}

function onSse(client: Configuration): Configuration {
  const { name, options, differs } = client;
  return {
    ...client,
    name: `${name}, SSE`,
    options: { ...options, transport: 'sse' },
    door: 'sse',
    differs: { ...differs, ...waits, ...anew },
  };
}

const langchain: Configuration = { name: 'LangChain', library: 'langchain' };
const mcpClient: Configuration = { name: 'mcp-client', library: 'mcp-client' };
const oldAiSdk: Configuration = {
  name: 'AI SDK 1',
  library: 'ai-sdk',
  options: { module: 'ai-sdk-mcp-1' },
  differs: { ...waits, ...forgetsGet },
};
const oldAgents: Configuration = {
  name: 'OpenAI Agents 0.5',
  library: 'openai-agents',
  options: { module: 'openai-agents-core-0-5' },
};
const oldMcpRemote: Configuration = {
  name: 'mcp-remote 0.1',
  library: 'mcp-remote',
  options: { module: 'mcp-remote-0-1' },
  differs: dropsReports,
};

export const configurations: readonly Configuration[] = [
  // Up to 1.12 any stream on which an event id was seen is resumed, the GET stream too.
  { ...sdk1('1.10'), differs: { killCall: 'timeout', ...forgetsGet } },
  { ...sdk1('1.12'), differs: { killCall: 'timeout', ...forgetsGet } },
  // Then only the GET stream, until there were priming events.
  { ...sdk1('1.16', { reconnectionOptions: patient }), differs: waits },
  { ...sdk1('1.20', { reconnectionOptions: patient }), differs: waits },
  sdk1('1.24'),
  sdk1('1.28'),
  sdk1('1.32'),
  onSse({ ...sdk1('1.10'), differs: dropsReports }),
  onSse({ ...sdk1('1.20'), differs: dropsReports }),
  onSse({ ...sdk1('1.32'), differs: dropsReports }),
  {
    ...sdk1('1.32', { transport: 'websocket' }),
    name: 'SDK 1.32, WebSocket',
    door: 'websocket',
    differs: { ...breaks, ...anew, ...dropsReports },
  },
  {
    ...sdk1('1.32', { transport: 'stdio' }),
    name: 'SDK 1.32, stdio',
    door: 'stdio',
    noOutages: pipe,
    differs: dropsReports,
  },
  { name: 'SDK 2.0', library: 'sdk-v2', options: { module: 'client-2-0' } },
  { name: 'SDK 2.4', library: 'sdk-v2' },
  { name: 'SDK 2.4, auto', library: 'sdk-v2', options: { versionNegotiation: { mode: 'auto' } } },
  {
    name: 'SDK 2.4, stdio',
    library: 'sdk-v2',
    options: { transport: 'stdio' },
    door: 'stdio',
    noOutages: pipe,
    differs: dropsReports,
  },
  oldAiSdk,
  // It does not open a line again; whoever uses it connects anew.
  onSse({ ...oldAiSdk, differs: forgetsGet }),
  { name: 'AI SDK 2', library: 'ai-sdk', newer: true, differs: { ...waits, ...forgetsGet } },
  langchain,
  onSse({ ...langchain, differs: dropsReports }),
  { name: 'Mastra', library: 'mastra', newer: true },
  oldAgents,
  onSse(oldAgents),
  { name: 'OpenAI Agents', library: 'openai-agents', newer: true },
  mcpClient,
  onSse({ ...mcpClient, differs: dropsReports }),
  oldMcpRemote,
  onSse(oldMcpRemote),
  { name: 'mcp-remote', library: 'mcp-remote', differs: dropsReports },
  { name: 'Zuplo', library: 'zuplo', differs: breaks },
  { name: 'fetch', library: 'fetch', differs: breaks },
  {
    name: 'Inspector CLI',
    library: 'inspector',
    newer: true,
    noOutages: 'It opens a session for each call.',
  },
];
