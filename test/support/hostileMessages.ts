import * as fc from 'fast-check';

const RELATED_TASK = 'io.modelcontextprotocol/related-task';

const METHODS = [
  'ping',
  'initialize',
  'tools/list',
  'tools/call',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'prompts/list',
  'prompts/get',
  'completion/complete',
  'logging/setLevel',
  'tasks/get',
  'tasks/result',
  'tasks/list',
  'tasks/cancel',
  'server/discover',
  'subscriptions/listen',
  'elicitation/create',
  'sampling/createMessage',
  'roots/list',
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/progress',
  '__proto__',
  'constructor',
  'toString',
];

const any = fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' });
const or = <T>(likely: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 15, arbitrary: likely }, { weight: 1, arbitrary: any });

const ids = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -1, max: 20 }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom('', '0', '1', '__proto__', 'constructor', '\u0000', 2 ** 53 - 1),
  },
  { weight: 1, arbitrary: fc.constantFrom(0.5, null, -0) },
  { weight: 1, arbitrary: fc.string({ maxLength: 300 }) },
);

const soundMeta = fc.record(
  {
    progressToken: fc.constantFrom(0, 1, '', 'a'),
    [RELATED_TASK]: fc.record({ taskId: fc.string() }),
    'io.modelcontextprotocol/protocolVersion': fc.constantFrom('2026-07-28', '2025-11-25', ''),
    'io.modelcontextprotocol/clientInfo': or(fc.constant({ name: 'x', version: '1' })),
    'io.modelcontextprotocol/clientCapabilities': or(fc.constant({})),
    'io.modelcontextprotocol/logLevel': or(fc.constantFrom('debug', 'none')),
    'io.modelcontextprotocol/subscriptionId': or(ids),
    traceparent: any,
    __proto__: any,
  },
  { requiredKeys: [] },
);
const meta = fc.oneof(
  { weight: 6, arbitrary: soundMeta },
  {
    weight: 1,
    arbitrary: fc.dictionary(fc.constantFrom('progressToken', RELATED_TASK, '__proto__'), any),
  },
);

const params = fc.record(
  {
    _meta: or(meta),
    name: or(fc.constantFrom('echo', 'fail', 'greet', 'none')),
    arguments: or(
      fc.oneof(
        fc.record({ text: fc.string({ unit: 'binary' }) }),
        fc.record({ name: fc.string() }),
        fc.constant({}),
      ),
    ),
    uri: or(fc.constantFrom('test://static', 'test://x/data', 'x://', 'test://%ff/data', '')),
    level: or(fc.constantFrom('debug', 'emergency', 'none')),
    ref: or(
      fc.constantFrom(
        { type: 'ref/prompt', name: 'greet' },
        { type: 'ref/resource', uri: 'test://{name}/data' },
        { type: 'ref/none' },
      ),
    ),
    argument: or(fc.record({ name: fc.constantFrom('name', 'none'), value: fc.string() })),
    cursor: or(fc.string()),
    requestId: or(ids),
    progressToken: or(ids),
    progress: or(fc.double()),
    taskId: or(fc.string()),
    task: or(fc.record({ ttl: or(fc.nat()) })),
    protocolVersion: or(fc.constantFrom('2025-11-25', '2026-07-28', '')),
    capabilities: or(fc.constant({})),
    clientInfo: or(fc.constant({ name: 'x', version: '1' })),
    notifications: or(fc.constant({ toolsListChanged: true })),
    inputResponses: any,
    requestState: any,
    resultType: any,
  },
  { requiredKeys: [] },
);

const version = fc.oneof({ weight: 60, arbitrary: fc.constant('2.0') }, any);
const method = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(...METHODS) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
  { weight: 1, arbitrary: any },
);

const ask = fc.record(
  { jsonrpc: version, id: or(ids), method, params: or(params), more: any },
  { requiredKeys: ['jsonrpc', 'id', 'method'] },
);
const tell = fc.record(
  { jsonrpc: version, method, params: or(params), more: any },
  { requiredKeys: ['jsonrpc', 'method'] },
);
const answer = fc.record(
  {
    jsonrpc: version,
    id: or(ids),
    result: or(fc.dictionary(fc.string(), any)),
    error: or(fc.record({ code: or(fc.integer()), message: or(fc.string()), data: any })),
  },
  { requiredKeys: ['jsonrpc'] },
);

/** Something like a message: mostly well formed, each part of it now and then not. */
const message = fc.oneof(
  { weight: 6, arbitrary: ask },
  { weight: 2, arbitrary: tell },
  { weight: 1, arbitrary: answer },
  { weight: 1, arbitrary: any },
);

/** The text of a POST's body: one message, a batch of them, or anything at all. */
export const hostileBodies = fc
  .oneof(
    { weight: 12, arbitrary: message.map((value) => JSON.stringify(value)) },
    {
      weight: 2,
      arbitrary: fc.array(message, { maxLength: 4 }).map((value) => JSON.stringify(value)),
    },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
    {
      weight: 1,
      // JSON with a piece cut out of it.
      arbitrary: fc
        .tuple(message, fc.nat({ max: 40 }), fc.nat({ max: 10 }))
        .map(([value, at, length]) => {
          const text = JSON.stringify(value);
          return text.slice(0, at) + text.slice(at + length);
        }),
    },
  )
  // As it arrives: half a surrogate pair does not survive UTF-8.
  .map((text) => Buffer.from(text).toString());
