import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import type { CommandError } from '../../src/cli/exit.ts';
import { readConfig } from '../../src/cli/configFile.ts';
import { CommandLine } from '../support/commandLine.ts';
import { callText, connect, sdkV1, sdkV2 } from '../support/sdkClients.ts';
import { refusedUpgrade } from '../support/webSocketPeer.ts';

const SERVER = join(import.meta.dirname, '../gateway/fixtures/server.mjs');
const TOKEN = 'a-token-of-thirty-two-characters';
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

function file(content: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'mcp.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('U17: mcp-actors host', () => {
  it('--token-env lets in who brings the token, on every door; --health needs none', async () => {
    const args = ['--token-env', 'HOST_TOKEN', '--health', '--', process.execPath, SERVER];
    const gateway = new CommandLine(['host', '--port', '0', ...args], { HOST_TOKEN: TOKEN });
    const url = await gateway.url();
    const client = sdkV1();
    await connect(client, url, bearer(TOKEN));
    expect(await callText(client, 'echo', { message: 'in' })).toBe('in');

    for (const headers of [
      {},
      bearer('a-token-of-thirty-two-characterz'),
      { authorization: TOKEN },
    ]) {
      const refused = await fetch(url, { method: 'POST', headers, body: '{}' });
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      expect((await fetch(new URL('/sse', url), { headers })).status).toBe(401);
    }
    expect((await refusedUpgrade(url.replace('http', 'ws'), {})).status).toBe(401);
    for (const path of ['/healthz', '/readyz']) {
      expect((await fetch(new URL(path, url))).status).toBe(200);
    }
    expect(gateway.stdout).toContain('"Authorization": "Bearer …"');
    expect(gateway.stdout).not.toContain(TOKEN);
  });

  test.each([
    [{}, /HOST_TOKEN: it is not set/],
    [{ HOST_TOKEN: 'short' }, /HOST_TOKEN: it is too short/],
  ])('does not start with the token of %j', async (env, text) => {
    const args = ['--token-env', 'HOST_TOKEN', '--', process.execPath, SERVER];
    const run = new CommandLine(['host', '--port', '0', ...args], env);
    expect(await run.ended).toBe(1);
    expect(run.stderr).toMatch(text);
  });

  it('--config serves each server at the path of its name, children and remote ones', async () => {
    const remote = new CommandLine(['host', '--port', '0', '--', process.execPath, SERVER]);
    const config = file({
      mcpServers: {
        first: { command: process.execPath, args: [SERVER], env: { GREETING: '${HELLO}' } },
        second: { type: 'stdio', command: process.execPath, args: [SERVER] },
        far: { type: 'http', url: await remote.url() },
      },
    });
    const gateway = new CommandLine(['host', '--port', '0', '--config', config], { HELLO: 'hi' });
    const url = await gateway.url();
    expect(new URL(url).pathname).toBe('/first');
    for (const path of ['/first', '/second', '/far']) {
      const client = sdkV2();
      await connect(client, new URL(path, url).href);
      expect(await callText(client, 'echo', { message: path })).toBe(path);
    }
    expect((await fetch(new URL('/third', url))).status).toBe(404);
    expect((await fetch(new URL('/mcp', url))).status).toBe(404);
    gateway.process.kill('SIGTERM');
    expect(await gateway.ended).toBe(0);
    remote.process.kill('SIGTERM');
    await remote.ended;
  });

  it('tells which host was refused, once', async () => {
    const gateway = new CommandLine(['host', '--port', '0', '--', process.execPath, SERVER]);
    const { port } = new URL(await gateway.url());
    const { request } = await import('node:http');
    for (let i = 0; i < 2; i++) {
      await new Promise((resolve) => {
        const headers = { host: 'mcp.example.com' };
        request({ port, host: '127.0.0.1', path: '/mcp', headers }, (response) => {
          response.resume().on('end', resolve);
        }).end();
      });
    }
    await gateway.says(/refused/);
    expect(gateway.stderr).toBe(
      'mcp-actors: a request for "mcp.example.com" was refused: see --allowed-host\n',
    );
  });

  test.each([
    [['--config', 'x.json', '--', 'server'], /--config names the servers to host/],
    [['--config', '/nowhere/mcp.json'], /can not read .*there is no such file/],
  ])('%j is refused', async (args, text) => {
    const run = new CommandLine(['host', ...args]);
    expect(await run.ended).toBeGreaterThan(0);
    expect(run.stderr).toMatch(text);
  });
});

/** The exit code that reading a file ends with. */
function codeOf(path: string): number {
  try {
    readConfig(path, {});
    return 0;
  } catch (error) {
    return (error as CommandError).exitCode;
  }
}

describe('readConfig', () => {
  test.each([
    ['nonsense', 'it is no JSON'],
    [{}, 'it has no "mcpServers"'],
    [{ mcpServers: {} }, '"mcpServers" is empty'],
    [{ mcpServers: { 'a/b': { command: 'x' } } }, 'a name is made of letters'],
    [{ mcpServers: { a: {} } }, 'it has no "command" and no "url"'],
    [{ mcpServers: { a: { command: 'x', args: 'y' } } }, '"args" is no list of texts'],
    [{ mcpServers: { a: { command: 'x', env: { A: 1 } } } }, '"env" is no object of texts'],
    [
      { mcpServers: { a: { command: 'x', env: { A: '${NOT_SET}' } } } },
      '${NOT_SET} is not set here',
    ],
    [{ mcpServers: { a: { url: 'ftp://x' } } }, '"url" is no address'],
  ])('refuses %j', (content, text) => {
    const path = file(content);
    expect(() => readConfig(path, {})).toThrow(text);
  });

  it('takes what clients write, and leaves what it does not know', () => {
    const content = {
      mcpServers: {
        a: { command: 'npx', args: ['-y', 'x'], env: { KEY: '${env:KEY}' }, disabled: false },
        b: { url: 'https://example.com/mcp', headers: { authorization: 'Bearer ${KEY}' } },
      },
    };
    expect(readConfig(file(content), { KEY: 'k' })).toEqual([
      { path: '/a', command: 'npx', args: ['-y', 'x'], env: { KEY: 'k' }, cwd: undefined },
      { path: '/b', url: 'https://example.com/mcp', headers: { authorization: 'Bearer k' } },
    ]);
  });

  it('ends the command with a code that says what is wrong', () => {
    expect([codeOf(file('x')), codeOf('/nowhere')]).toEqual([65, 66]);
  });
});
