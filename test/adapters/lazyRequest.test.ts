import { describe, expect, it } from 'vitest';
import { lazyRequest } from '../../src/adapters/lazyRequest.ts';

describe('lazyRequest', () => {
  it('W6: makes the request when something of it is asked for, once', async () => {
    let made = 0;
    const request = lazyRequest(() => {
      made++;
      return new Request('http://localhost/mcp', { method: 'POST', body: 'text' });
    });
    expect(request instanceof Request).toBe(true);
    expect(made).toBe(0);
    expect([request.method, request.url]).toEqual(['POST', 'http://localhost/mcp']);
    const copy = request.clone();
    expect([await request.text(), await copy.text(), request.bodyUsed]).toEqual([
      'text',
      'text',
      true,
    ]);
    expect(made).toBe(1);
  });

  it('W6: keeps requests apart, and is none by itself', () => {
    const [one, two] = ['http://one/', 'http://two/'].map((url) =>
      lazyRequest(() => new Request(url)),
    );
    expect([one!.url, two!.url]).toEqual(['http://one/', 'http://two/']);
    expect(() => Object.create(Object.getPrototypeOf(one)).url).toThrow('Illegal invocation');
  });
});
