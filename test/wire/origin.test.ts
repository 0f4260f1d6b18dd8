import { describe, expect, it } from 'vitest';
import { hostOf } from '../../src/wire/headers.ts';
import { OriginRules } from '../../src/wire/origin.ts';

const head = (host?: string, target?: string) => ({
  method: 'POST',
  headers: host === undefined ? {} : { host },
  host: target,
});

describe('OriginRules (row T1) without lists', () => {
  const rules = new OriginRules(undefined, undefined);

  it.each([
    'localhost',
    'localhost:3000',
    'LOCALHOST:1',
    '127.0.0.1',
    '127.0.0.1:80',
    '[::1]:8080',
  ])('take the loopback host %j', (host) =>
    expect(rules.allowsHost(hostOf(head(host)))).toBe(true),
  );

  it.each([
    'evil.example',
    'localhost.evil.example',
    'evil.example:localhost',
    '127.0.0.1.evil.example',
    'localhost.',
    'localhost@evil.example',
    'evil.example#localhost',
    'evil.example/localhost',
    'localhost:80:80',
    'localhost:',
    'localhost: 80',
    ' localhost',
    'localhost, localhost',
    '',
    '[::1',
    '::1',
    '[::ffff:7f00:1]',
    '0.0.0.0',
    '2130706433',
    '127.1',
    'localhost\u0000',
    'lоcalhost',
  ])('refuse the host %j', (host) => expect(rules.allowsHost(hostOf(head(host)))).toBe(false));

  it('refuse a request that names no host at all', () => {
    expect(rules.allowsHost(hostOf(head()))).toBe(false);
  });

  it('take the host of the request target where there is no header, and only there', () => {
    expect(rules.allowsHost(hostOf(head(undefined, 'localhost:1')))).toBe(true);
    expect(rules.allowsHost(hostOf(head(undefined, 'evil.example')))).toBe(false);
    expect(rules.allowsHost(hostOf(head('evil.example', 'localhost')))).toBe(false);
  });

  it('take a request without an origin, which is no page', () => {
    expect(rules.allowsOrigin(undefined)).toBe(true);
  });

  it.each(['http://localhost', 'http://localhost:3000', 'https://127.0.0.1', 'HTTP://[::1]:1'])(
    'take the origin %j',
    (origin) => expect(rules.allowsOrigin(origin)).toBe(true),
  );

  it.each([
    'null',
    '',
    'localhost',
    '//localhost',
    'http://',
    'http://evil.example',
    'http://localhost.evil.example',
    'http://localhost@evil.example',
    'http://evil.example#@localhost',
    'http://evil.example/?localhost',
    'http://localhost/',
    'http://localhost:3000/path',
    'http://localhost\\@evil.example',
    'http://localhost evil.example',
    'file://localhost',
    'chrome-extension://localhost',
    'javascript:localhost',
    'http://localhost, http://evil.example',
    'http://localhost:999999',
  ])('refuse the origin %j', (origin) => expect(rules.allowsOrigin(origin)).toBe(false));
});

describe('OriginRules (row T1) with lists', () => {
  it('take a listed host on any port, in any case', () => {
    const rules = new OriginRules(['MCP.example'], undefined);
    expect(rules.allowsHost(hostOf(head('mcp.EXAMPLE:8443')))).toBe(true);
    expect(rules.allowsHost(hostOf(head('localhost')))).toBe(false);
  });

  it('take a host listed with its port on that port only', () => {
    const rules = new OriginRules(['mcp.example:8443'], undefined);
    expect(rules.allowsHost(hostOf(head('mcp.example:8443')))).toBe(true);
    expect(rules.allowsHost(hostOf(head('mcp.example:8444')))).toBe(false);
    expect(rules.allowsHost(hostOf(head('mcp.example')))).toBe(false);
  });

  it('take pages of the listed hosts where no origins are listed', () => {
    const rules = new OriginRules(['mcp.example'], undefined);
    expect(rules.allowsOrigin('https://mcp.example')).toBe(true);
    expect(rules.allowsOrigin('http://localhost')).toBe(false);
  });

  it('take only the listed origins where there are some', () => {
    const rules = new OriginRules(['mcp.example'], ['https://app.example', 'tools.example']);
    expect(rules.allowsOrigin('https://app.example')).toBe(true);
    expect(rules.allowsOrigin('http://app.example')).toBe(false);
    expect(rules.allowsOrigin('https://app.example:444')).toBe(false);
    expect(rules.allowsOrigin('https://tools.example:444')).toBe(true);
    expect(rules.allowsOrigin('https://mcp.example')).toBe(false);
  });

  it('open hosts alone with allowedHosts: any; a foreign page stays foreign', () => {
    const rules = new OriginRules('any', undefined);
    expect(rules.allowsHost(hostOf(head('evil.example')))).toBe(true);
    expect(rules.allowsHost(hostOf(head()))).toBe(true);
    expect(rules.allowsOrigin('http://evil.example')).toBe(false);
    expect(rules.allowsOrigin('http://localhost')).toBe(true);
  });

  it('open origins alone with allowedOrigins: any', () => {
    const rules = new OriginRules(undefined, 'any');
    expect(rules.allowsOrigin('http://evil.example')).toBe(true);
    expect(rules.allowsOrigin('null')).toBe(true);
    expect(rules.allowsHost(hostOf(head('evil.example')))).toBe(false);
  });

  it('take a listed origin of any scheme, and none that is not listed (row W5)', () => {
    const listed = ['chrome-extension://abc', 'VSCode-WebView://1abc', 'app.example'];
    const rules = new OriginRules(undefined, listed);
    expect(rules.allowsOrigin('chrome-extension://abc')).toBe(true);
    expect(rules.allowsOrigin('vscode-webview://1ABC')).toBe(true);
    expect(rules.allowsOrigin('chrome-extension://abcd')).toBe(false);
    expect(rules.allowsOrigin('chrome-extension://app.example')).toBe(false);
    expect(rules.allowsOrigin('abc')).toBe(false);
    expect(new OriginRules(undefined, ['null']).allowsOrigin('null')).toBe(false);
  });

  it('take nothing with empty lists', () => {
    const rules = new OriginRules([], []);
    expect(rules.allowsHost(hostOf(head('localhost')))).toBe(false);
    expect(rules.allowsOrigin('http://localhost')).toBe(false);
    expect(rules.allowsOrigin(undefined)).toBe(true);
  });
});
