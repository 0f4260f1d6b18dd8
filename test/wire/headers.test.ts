import { describe, expect, it } from 'vitest';
import {
  acceptsStreams,
  answerFormOf,
  header,
  headerObject,
  hostOf,
  isEncoded,
  isJson,
  single,
} from '../../src/wire/headers.ts';

const SSE = 'text/event-stream';

describe('isJson (row P2)', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=utf-8',
    'Application/JSON',
    ' application/json ;foo=bar',
  ])('takes %j', (type) => expect(isJson(type)).toBe(true));

  it.each([
    undefined,
    '',
    'text/plain',
    'application/jsonx',
    'application/json-rpc',
    'text/application/json',
    'text/plain; application/json',
    'text/plain;x=application/json',
    'application/vnd.api+json',
    'multipart/form-data; boundary=application/json',
    'application/json, text/plain',
    'application / json',
    'application/json\u0000',
  ])('refuses %j', (type) => expect(isJson(type)).toBe(false));
});

describe('answerFormOf (rows P1, P6)', () => {
  it.each([
    'application/json, text/event-stream',
    'application/json;q=0.5, text/event-stream;q=0.1',
    '*/*',
    'text/event-stream, */*',
    'text/html, */*;q=0.1',
    'application/*, text/*',
    'APPLICATION/JSON, Text/Event-Stream',
    'application/json;charset=utf-8 , text/event-stream',
    undefined,
    '',
  ])('reads from %j that an answer may be either', (accept) =>
    expect(answerFormOf(accept)).toBe('either'),
  );

  it.each(['text/event-stream,application/json', 'text/html, text/event-stream, application/json'])(
    'reads from %j that it is to be a stream',
    (accept) => expect(answerFormOf(accept)).toBe('stream'),
  );

  it.each([
    'application/json',
    'application/json; text/event-stream',
    'application/json, text/event-stream;q=0.000',
    'application/*',
  ])('W16: reads from %j that it can only be JSON', (accept) =>
    expect(answerFormOf(accept)).toBe('json'),
  );

  it.each([
    SSE,
    'text/html',
    'application/jsonx, text/event-streams',
    'application/json;q=0, text/event-stream',
    '*/*;q=0',
    '*',
    'text/*',
    'x-application/json, x-text/event-stream',
  ])('finds nothing to answer with in %j', (accept) =>
    expect(answerFormOf(accept)).toBeUndefined(),
  );
});

describe('acceptsStreams (row G1)', () => {
  it.each([SSE, 'text/*', '*/*', `text/html, ${SSE}`])('takes %j for an event stream', (accept) =>
    expect(acceptsStreams(accept)).toBe(true),
  );

  it.each([undefined, '', 'application/json', 'text/event', 'text', '/', ',,,', ';q=1'])(
    'refuses %j for an event stream',
    (accept) => expect(acceptsStreams(accept)).toBe(false),
  );

  it('reads a list of a hundred thousand entries in no time to speak of', () => {
    const began = performance.now();
    expect(acceptsStreams(`${'text/html;q=0 , '.repeat(100_000)}x/y`)).toBe(false);
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe('header', () => {
  it('gives a header that came once as it came', () => {
    expect(header({ method: 'GET', headers: { accept: 'a' } }, 'accept')).toBe('a');
  });

  it('joins a header that came more than once', () => {
    expect(header({ method: 'GET', headers: { accept: ['a', 'b'] } }, 'accept')).toBe('a, b');
  });

  it('W16: takes the numbers that shims of serverless hosts have for texts', () => {
    const headers = { 'content-length': 12 as never };
    expect(header({ method: 'GET', headers }, 'content-length')).toBe('12');
  });

  it('gives nothing for one that did not come', () => {
    expect(header({ method: 'GET', headers: {} }, 'accept')).toBeUndefined();
  });
});

describe('single (rows W3, W9)', () => {
  it.each([
    ['a value', 'v', 'v'],
    ['a repeated value', ['v', 'v'], 'v'],
    ['a joined value', 'v, v,v', 'v'],
    ['different values', ['v', 'w'], 'v, w'],
    ['an empty value', '', undefined],
    ['no value', undefined, undefined],
  ])('takes %s', (_, value, expected) => {
    expect(single({ method: 'GET', headers: { a: value } }, 'a')).toBe(expected);
  });
});

const head = (headers: Record<string, string>, url?: string) => ({ method: 'GET', headers, url });

describe('hostOf', () => {
  it('W4, W16: takes the authority of the target before Host', () => {
    expect(hostOf(head({ host: 'a' }, '/mcp'))).toBe('a');
    expect(hostOf(head({ host: 'a' }, 'http://b/mcp'))).toBe('b');
    expect(hostOf(head({ host: 'a', ':authority': 'b' }, '/mcp'))).toBe('b');
    expect(hostOf({ ...head({}), host: 'c' })).toBe('c');
  });
});

describe('headerObject', () => {
  it('W1: keeps each value of a name that comes more than once', () => {
    expect(headerObject(['A', '1', 'B', '2', 'A', '3', 'A', '4'])).toEqual({
      A: ['1', '3', '4'],
      B: '2',
    });
  });
});

it.each([
  [undefined, false],
  ['', false],
  ['Identity', false],
  ['gzip', true],
  ['identity, gzip', true],
])('W16: isEncoded tells whether %j changes a body', (coding, expected) => {
  expect(isEncoded(coding)).toBe(expected);
});
