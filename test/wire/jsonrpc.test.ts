import { JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isRequest,
  isRequestId,
  isResponse,
  MAX_NAME_LENGTH,
  readMessage,
} from '../../src/wire/jsonrpc.ts';

const read = (text: string) => readMessage(JSON.parse(text));
const long = 'x'.repeat(MAX_NAME_LENGTH);

describe('readMessage takes', () => {
  it.each([
    '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    '{"jsonrpc":"2.0","id":0,"method":"ping"}',
    '{"jsonrpc":"2.0","id":-1,"method":"ping"}',
    '{"jsonrpc":"2.0","id":"","method":"ping"}',
    '{"jsonrpc":"2.0","id":"__proto__","method":"ping"}',
    '{"jsonrpc":"2.0","id":9007199254740991,"method":"ping"}',
    `{"jsonrpc":"2.0","id":"${long}","method":"${long}"}`,
    '{"jsonrpc":"2.0","id":1,"method":"constructor","params":{}}',
    '{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":{}}}',
    '{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":{"progressToken":0}}}',
    '{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":{"progressToken":""}}}',
  ])('the request %s', (text) => {
    const message = read(text)!;
    expect(isRequest(message)).toBe(true);
    expect(isResponse(message)).toBe(false);
    expect(message).toEqual(JSON.parse(text));
  });

  it('a notification', () => {
    const message = read('{"jsonrpc":"2.0","method":"notifications/x"}')!;
    expect([isRequest(message), isResponse(message)]).toEqual([false, false]);
  });

  it.each([
    '{"jsonrpc":"2.0","id":1,"result":{}}',
    '{"jsonrpc":"2.0","id":"a","result":{"_meta":{}}}',
    '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":""}}',
    '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x","data":[1]}}',
  ])('the response %s', (text) => {
    const message = read(text)!;
    expect(isResponse(message)).toBe(true);
    expect(message).toEqual(JSON.parse(text));
  });

  it('a message with members JSON-RPC does not know, and leaves them out', () => {
    expect(
      read('{"jsonrpc":"2.0","id":1,"method":"x","extra":1,"result":{},"error":null}'),
    ).toEqual({
      jsonrpc: '2.0',
      id: 1,
      method: 'x',
    });
    expect(read('{"jsonrpc":"2.0","id":1,"result":{},"x":1}')).toEqual({
      jsonrpc: '2.0',
      id: 1,
      result: {},
    });
    expect(read('{"__proto__":{"id":5},"jsonrpc":"2.0","method":"x"}')).toEqual({
      jsonrpc: '2.0',
      method: 'x',
    });
  });
});

describe('readMessage refuses', () => {
  it.each([
    'null',
    'true',
    '1',
    '"ping"',
    '[]',
    '[{"jsonrpc":"2.0","method":"x"}]',
    '{}',
    '{"id":1,"method":"ping"}',
    '{"jsonrpc":"1.0","id":1,"method":"ping"}',
    '{"jsonrpc":2.0,"id":1,"method":"ping"}',
    '{"jsonrpc":["2.0"],"id":1,"method":"ping"}',
    '{"jsonrpc":"2.0"}',
    '{"jsonrpc":"2.0","id":1}',
    '{"jsonrpc":"2.0","id":1,"method":null}',
    '{"jsonrpc":"2.0","id":1,"method":""}',
    '{"jsonrpc":"2.0","id":1,"method":1}',
    '{"jsonrpc":"2.0","id":1,"method":["ping"]}',
    `{"jsonrpc":"2.0","id":1,"method":"${long}x"}`,
    `{"jsonrpc":"2.0","id":"${long}x","method":"ping"}`,
    '{"jsonrpc":"2.0","id":null,"method":"ping"}',
    '{"jsonrpc":"2.0","id":1.5,"method":"ping"}',
    '{"jsonrpc":"2.0","id":1e400,"method":"ping"}',
    '{"jsonrpc":"2.0","id":9007199254740992,"method":"ping"}',
    '{"jsonrpc":"2.0","id":true,"method":"ping"}',
    '{"jsonrpc":"2.0","id":{},"method":"ping"}',
    '{"jsonrpc":"2.0","id":[1],"method":"ping"}',
    '{"jsonrpc":"2.0","id":1,"method":"x","params":null}',
    '{"jsonrpc":"2.0","id":1,"method":"x","params":[]}',
    '{"jsonrpc":"2.0","id":1,"method":"x","params":"a"}',
    '{"jsonrpc":"2.0","id":1,"method":"x","params":1}',
    '{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":null}}',
    '{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":[]}}',
    '{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":{"progressToken":null}}}',
    '{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":{"progressToken":1.5}}}',
    '{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":{"progressToken":{}}}}',
    '{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":{"io.modelcontextprotocol/related-task":1}}}',
    '{"jsonrpc":"2.0","method":"x","params":{"_meta":{"io.modelcontextprotocol/related-task":{}}}}',
    '{"jsonrpc":"2.0","id":null,"result":{}}',
    '{"jsonrpc":"2.0","result":{}}',
    '{"jsonrpc":"2.0","id":1,"result":null}',
    '{"jsonrpc":"2.0","id":1,"result":[]}',
    '{"jsonrpc":"2.0","id":1,"result":{"_meta":1}}',
    '{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}',
    '{"jsonrpc":"2.0","id":1,"error":null}',
    '{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":""}}',
    '{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":""}}',
    '{"jsonrpc":"2.0","id":1,"error":{"code":1}}',
  ])('%s', (text) => expect(read(text)).toBeUndefined());
});

describe('readMessage', () => {
  const id = fc.oneof(fc.integer(), fc.string(), fc.jsonValue());
  const meta = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(
      fc.constantFrom(
        'progressToken',
        'io.modelcontextprotocol/related-task',
        'io.modelcontextprotocol/protocolVersion',
      ),
      fc.oneof(fc.jsonValue(), fc.record({ taskId: fc.jsonValue() })),
    ),
  );
  const body = fc.oneof(
    fc.jsonValue(),
    fc.record({ _meta: meta }),
    fc.dictionary(fc.string(), fc.jsonValue()),
  );
  const envelope = fc.record(
    {
      jsonrpc: fc.oneof({ weight: 9, arbitrary: fc.constant('2.0') }, fc.jsonValue()),
      id,
      method: fc.oneof(fc.constantFrom('ping', 'tools/call', ''), fc.jsonValue()),
      params: body,
      result: body,
      error: fc.oneof(fc.jsonValue(), fc.record({ code: fc.jsonValue(), message: fc.jsonValue() })),
      more: fc.jsonValue(),
    },
    { requiredKeys: ['jsonrpc'] },
  );

  it('never throws, and gives nothing that the SDK would drop without an answer', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(envelope, fc.jsonValue()), (value) => {
        const message = readMessage(JSON.parse(JSON.stringify(value)));
        if (message === undefined) return;
        taken++;
        const { success, error } = JSONRPCMessageSchema.safeParse(message);
        expect(error).toBeUndefined();
        expect(success).toBe(true);
      }),
      { numRuns: 5000 },
    );
    // The property says nothing unless it has seen messages.
    expect(taken).toBeGreaterThan(100);
  });
});

describe('isRequestId', () => {
  it.each([0, -0, '', 'a', 1, Number.MIN_SAFE_INTEGER, long])('takes %j', (id) =>
    expect(isRequestId(id)).toBe(true),
  );

  it.each([null, undefined, 1.5, NaN, Infinity, 2 ** 53, {}, [], true, 1n, `${long}x`])(
    'refuses %s',
    (id) => expect(isRequestId(id)).toBe(false),
  );
});
