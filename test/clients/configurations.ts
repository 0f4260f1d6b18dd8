/** A client as somebody would set it up. */
export interface Configuration {
  readonly name: string;
  /** Its module below `libraries/`. */
  readonly library: string;
  /** What its module is told. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** What it speaks. @default 'http' */
  readonly door?: Door;
  /** What the server prefers. @default 'sessions' */
  readonly prefer?: Prefer;
  /** Asks for a newer Node.js than ours. */
  readonly newer?: true;
  /** Why there is nothing of it that an outage could end. */
  readonly noOutages?: string;
  /** What its own ways make of a step, where that is not what is best. */
  readonly differs?: Differences;
}

/** Streamable HTTP, legacy SSE, WebSocket, stdio. */
export type Door = 'http' | 'sse' | 'websocket' | 'stdio';

/** What clients of both eras are told by the server. */
export type Prefer = 'sessions' | 'stateless';

/**
 * Which eras a client speaks: `both` and `pinned` ask the server first, and `pinned` speaks the
 * stateless one only.
 */
export type Speaks = 'sessions' | 'both' | 'pinned' | 'stateless';

/** How a client comes to be served. */
export type Era = 'session' | 'stateless' | 'refused';

/** A client of the matrix of eras. */
export interface EraConfiguration extends Configuration {
  readonly speaks: Speaks;
  readonly knowsTasks?: true;
  /** As `differs`, in one era. */
  readonly differsIn?: Partial<Readonly<Record<Era, Differences>>>;
}

/** Words for steps of the journeys; `-` is for what it can not do. */
export type Differences = Readonly<Record<string, string>>;

/** It resumes no stream of a call, and waits for the answer until its time is up. */
const waits: Differences = { cutCall: 'timeout', killCall: 'timeout' };
/** It resumes nothing, and says at once that its line broke. */
const breaks: Differences = { cutCall: 'lost', killCall: 'lost' };
/** There is no session id on this line: with the line the session is over, and a new one begins. */
const anew: Differences = { cut: 'anew', kill: 'anew', term: 'anew' };
/** It opens no GET stream. */
const noGet: Differences = { cutGet: '-', killGet: '-', termGet: '-' };
/** It opens its GET stream no second time, or a few times within seconds, while nobody listens yet. */
const forgetsGet = noGet;
/**
 * The SDK hands on what is reported a moment later, and nothing once the call is answered. Where a
 * report and the answer are read at once, as from a pipe, the report is lost.
 */
const dropsReports: Differences = { progress: 'some' };
/** It has no way to hear of progress, to be asked, or to cancel. */
const silent: Differences = { progress: '-' };
const mute: Differences = { ask: '-' };
const steady: Differences = { cancel: '-' };
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

const langchain: Configuration = { name: 'LangChain', library: 'langchain', differs: mute };
const mcpClient: Configuration = { name: 'mcp-client', library: 'mcp-client' };
const oldAiSdk: Configuration = {
  name: 'AI SDK 1',
  library: 'ai-sdk',
  options: { module: 'ai-sdk-mcp-1' },
  differs: { ...waits, ...forgetsGet, ...silent },
};
const oldAgents: Configuration = {
  name: 'OpenAI Agents 0.5',
  library: 'openai-agents',
  options: { module: 'openai-agents-core-0-5' },
  differs: silent,
};
const oldMcpRemote: Configuration = {
  name: 'mcp-remote 0.1',
  library: 'mcp-remote',
  options: { module: 'mcp-remote-0-1' },
  differs: dropsReports,
};

const pinned = { mode: { pin: '2026-07-28' } };
const aiSdk: Configuration = {
  name: 'AI SDK 2',
  library: 'ai-sdk',
  newer: true,
  differs: { ...waits, ...forgetsGet, ...silent },
};
const mastra: Configuration = { name: 'Mastra', library: 'mastra', newer: true };
const agents: Configuration = {
  name: 'OpenAI Agents',
  library: 'openai-agents',
  newer: true,
  differs: { ...silent, ...mute },
};
const inspector: Configuration = {
  name: 'Inspector CLI',
  library: 'inspector',
  newer: true,
  differs: { ...silent, ...mute, ...steady },
};

/** Nothing of the stateless revision is resumed: a call whose line breaks is cancelled. */
function stateless(client: Configuration, differs: Differences = waits): Configuration {
  return {
    ...client,
    name: `${client.name}, stateless`,
    prefer: 'stateless',
    differs: { ...client.differs, ...differs, ...noGet },
  };
}

/** What visits the server, and is then cut off from it. */
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
    differs: { ...breaks, ...anew, ...noGet, ...dropsReports },
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
  { name: 'SDK 2.4, auto', library: 'sdk-v2', options: { mode: 'auto' } },
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
  onSse(oldAiSdk),
  aiSdk,
  langchain,
  onSse({ ...langchain, differs: dropsReports }),
  mastra,
  oldAgents,
  onSse(oldAgents),
  agents,
  mcpClient,
  onSse({ ...mcpClient, differs: dropsReports }),
  oldMcpRemote,
  onSse(oldMcpRemote),
  { name: 'mcp-remote', library: 'mcp-remote', differs: dropsReports },
  { name: 'Zuplo', library: 'zuplo', differs: { ...breaks, ...noGet, ...silent } },
  { name: 'fetch', library: 'fetch', differs: { ...breaks, ...noGet, ...silent } },
  { ...inspector, noOutages: 'It opens a session for each call.' },
  stateless({ name: 'SDK 2.4', library: 'sdk-v2', options: pinned }),
  stateless(aiSdk),
  stateless(mastra),
  stateless(agents),
  stateless({ name: 'fetch', library: 'fetch-stateless', differs: silent }, breaks),
];

/**
 * It puts a session's client on requests without one: repeats no argument in a header, so that it can
 * name neither a session nor a handle, and passes a cancel on as the notification that is none.
 */
const betweenEras: Differences = {
  anonymous: 'no header',
  cancel: 'goes on',
  header: 'no header',
  handle: 'no header',
};
const eachCall: Differences = { counter: 'lost', anonymous: 'lost' };

/** What finds out which era it speaks with the server. */
export const eraConfigurations: readonly EraConfiguration[] = [
  { ...sdk1('1.12'), speaks: 'sessions', differs: mute },
  { ...sdk1('1.32'), speaks: 'sessions' },
  { ...langchain, speaks: 'sessions' },
  { name: 'SDK 2.4', library: 'sdk-v2', speaks: 'sessions' },
  { name: 'SDK 2.4, auto', library: 'sdk-v2', options: { mode: 'auto' }, speaks: 'both' },
  { name: 'SDK 2.4, pinned', library: 'sdk-v2', options: pinned, speaks: 'pinned' },
  {
    name: 'SDK 2.0, auto',
    library: 'sdk-v2',
    options: { module: 'client-2-0', mode: 'auto' },
    speaks: 'both',
  },
  {
    name: 'ext-tasks',
    library: 'ext-tasks',
    options: { mode: 'auto' },
    speaks: 'both',
    knowsTasks: true,
    // What is reported of a task is in its state.
    differs: silent,
  },
  // It tells nobody that a call was cancelled; without a session, the end of the response does.
  { ...aiSdk, speaks: 'both', differsIn: { session: { cancel: 'goes on' } } },
  { ...mastra, speaks: 'both' },
  {
    ...mastra,
    name: 'Mastra, pinned',
    options: { protocolVersion: '2026-07-28' },
    speaks: 'pinned',
  },
  { ...agents, speaks: 'both' },
  {
    name: 'mcp-remote, auto',
    library: 'mcp-remote',
    options: { protocol: 'auto' },
    speaks: 'both',
    differs: dropsReports,
    differsIn: { stateless: betweenEras },
  },
  {
    ...inspector,
    name: 'Inspector CLI, auto',
    options: { era: 'auto' },
    speaks: 'both',
    knowsTasks: true,
    differsIn: { session: eachCall },
  },
  {
    ...inspector,
    name: 'Inspector CLI, modern',
    options: { era: 'modern' },
    speaks: 'pinned',
    knowsTasks: true,
  },
  {
    name: 'fetch, stateless',
    library: 'fetch-stateless',
    speaks: 'stateless',
    differs: silent,
  },
];
