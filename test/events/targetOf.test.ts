import { describe, expect, it } from 'vitest';
import { targetOf } from '../../src/events/targetOf.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';

describe('targetOf', () => {
  it.each([
    ['tools/call', { name: 'echo', arguments: { text: 'secret' } }, 'echo'],
    ['prompts/get', { name: 'greet' }, 'greet'],
    ['resources/read', { uri: 'file:///notes.md' }, 'file:///notes.md'],
    ['resources/read', { uri: 'db://ann:secret@host/rows?key=secret#x' }, 'db://host/rows'],
    ['resources/read', { uri: 'mail:ann@host\n?\nsecret' }, 'mail:ann@host\n'],
    ['notifications/resources/updated', { uri: 'note:1' }, 'note:1'],
    ['tools/call', { name: 5 }, undefined],
    ['tools/call', undefined, undefined],
    ['tools/list', { name: 'secret' }, undefined],
  ])('names what %s is about: %o', (method, params, name) => {
    expect(targetOf({ method, ...(params && { params }) })).toBe(name);
  });

  it('cuts a name from the wire', () => {
    const params = { name: 'x'.repeat(1000) };
    expect(targetOf({ method: 'tools/call', params })).toBe('x'.repeat(256));
  });
});

describe('message', () => {
  it('names the tool of a call and of its answer, to who asks for the name', async () => {
    const world = new FakeRuntime();
    const messages = world.record('message');
    const client = await world.open();
    await client.call('tools/call', { name: 'echo', arguments: { text: 'secret' } });
    expect(messages.slice(-2).map(({ kind, target }) => [kind, target?.()])).toEqual([
      ['request', 'echo'],
      ['response', 'echo'],
    ]);
    expect(JSON.stringify(messages)).not.toMatch(/echo|secret/);
  });
});
