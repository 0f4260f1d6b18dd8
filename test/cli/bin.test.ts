import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js';
import { describe, expect, it, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { CommandError } from '../../src/cli/exit.ts';
import { findProgram } from '../../src/cli/findProgram.ts';
import { parseHostArguments } from '../../src/cli/hostArguments.ts';
import { printable } from '../../src/cli/report.ts';
import { eventually } from '../support/eventually.ts';
import { CommandLine } from '../support/commandLine.ts';
import { comesTrue, runs } from '../support/processes.ts';
import { callText, connect, sdkV1 } from '../support/sdkClients.ts';

const SERVER = join(import.meta.dirname, '../gateway/fixtures/server.mjs');
const COMMAND = ['--', process.execPath, SERVER];

function host(...args: string[]): CommandLine {
  return new CommandLine(['host', '--port', '0', ...args]);
}

describe('mcp-actors', () => {
  it('--help says what there is, and how it ends', async () => {
    const run = new CommandLine(['--help']);
    expect(await run.ended).toBe(0);
    for (const option of ['--port', '--env', '--max-sessions', '--idle-timeout', 'Exit codes']) {
      expect(run.stdout).toContain(option);
    }
    expect(run.stderr).toBe('');
  });

  it('--version says its version', async () => {
    const file = join(import.meta.dirname, '../../package.json');
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
    const run = new CommandLine(['--version']);
    expect(await run.ended).toBe(0);
    expect(run.stdout).toBe(`${version}\n`);
  });

  test.each([
    ['no command', [], /what to do/],
    ['a command there is none of', ['serve'], /no such command: "serve"/],
    ['nothing to host', ['host', '--port', '0'], /no command/],
  ])('%s is 64, and says how it is used', async (_what, args, message) => {
    const run = new CommandLine(args);
    expect(await run.ended).toBe(64);
    expect(run.stderr).toMatch(message);
    expect(run.stderr).toContain('Usage: mcp-actors host');
    expect(run.stdout).toBe('');
  });
});

describe('parseHostArguments', () => {
  it('has a default for everything but the command', () => {
    expect(parseHostArguments(['--', 'server', '--port', 'x'])).toEqual({
      port: 3000,
      host: '127.0.0.1',
      path: '/mcp',
      allowedHosts: [],
      maxSessions: 100,
      idleTimeoutMs: 300_000,
      startTimeoutMs: 50_000,
      env: [],
      cwd: undefined,
      onCrash: 'evict',
      verbose: false,
      health: false,
      command: 'server',
      // What follows the command is the command's.
      args: ['--port', 'x'],
    });
  });

  test.each([
    [['--port', '70000'], /--port takes a whole number from 0 to 65535, not "70000"/],
    [['--port', '1e3'], /--port/],
    [['--max-sessions', '0'], /--max-sessions/],
    [['--idle-timeout', '0'], /--idle-timeout/],
    [['--idle-timeout', 'ten'], /--idle-timeout takes a number of seconds/],
    [['--path', 'mcp'], /--path/],
    [['--on-crash', 'panic'], /--on-crash takes "evict" or "restart"/],
    [['--prot', '1'], /--prot/],
    [['extra'], /extra/],
  ])('%j is refused', (args, message) => {
    const parse = (): unknown => parseHostArguments([...args, '--', 'server']);
    expect(parse).toThrow(message);
    expect(parse).toThrow(expect.objectContaining({ exitCode: 64 }) as CommandError);
  });
});

test('findProgram looks where the child would', () => {
  const folder = import.meta.dirname;
  expect(findProgram('sh', '/bin:/usr/bin', folder)).toBe('found');
  expect(findProgram('sh', '/nowhere', folder)).toBe('missing');
  expect(findProgram('no-such-program', '/bin', folder)).toBe('missing');
  expect(findProgram('../gateway/fixtures/tiny.sh', '', folder)).toBe('found');
  expect(findProgram('./bin.test.ts', '', folder)).toBe('not executable');
  expect(findProgram('../gateway', '', folder)).toBe('missing');
});

test('printable lets nobody steer the terminal', () => {
  expect(printable('a\u001B[2Jb\u0007c\r\n\u009B1m')).toBe('a?[2Jb?c???1m');
});

describe('mcp-actors host fails to start, with 1 and one clear line', () => {
  it('where the command is missing', async () => {
    const run = host('--', 'no-such-program');
    expect(await run.ended).toBe(1);
    expect(run.stderr).toBe('mcp-actors: there is no program "no-such-program": nothing to host\n');
  });

  it('where the port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await eventually(() => server.listening);
    const { port } = server.address() as AddressInfo;
    const run = new CommandLine(['host', '--port', `${port}`, ...COMMAND]);
    expect(await run.ended).toBe(1);
    expect(run.stderr).toBe(
      `mcp-actors: port ${port} is in use: choose another with --port; 0 takes a free one\n`,
    );
  });
});

describe('mcp-actors host', () => {
  it('serves Streamable HTTP, WebSockets and HTTP+SSE, and says where', async () => {
    const gateway = host(...COMMAND);
    const url = await gateway.url();
    const [socket] = await gateway.says(/ws:\S+/);
    const [sse] = await gateway.says(/http:\S+\/sse/);
    expect(gateway.stdout).toContain(`"url": "${url}"`);

    const client = sdkV1();
    await connect(client, url);
    vi.stubGlobal('WebSocket', globalThis.WebSocket ?? WebSocket);
    for (const transport of [
      new WebSocketClientTransport(new URL(socket)),
      new SSEClientTransport(new URL(sse)),
    ]) {
      const other = new Client({ name: 'other', version: '1' });
      await other.connect(transport);
      expect(await callText(other, 'echo', { message: 'heard' })).toBe('heard');
      await other.close();
    }
    vi.unstubAllGlobals();
    expect(await callText(client, 'echo', { message: 'heard' })).toBe('heard');
    expect((await fetch(new URL('/other', url))).status).toBe(404);
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s: what is in flight finishes, no process is left, exit code 0',
    async (signal) => {
      const gateway = host('--path', '/own', ...COMMAND);
      const url = await gateway.url();
      expect(new URL(url).pathname).toBe('/own');
      const client = sdkV1();
      await connect(client, url);
      const later = callText(client, 'wait', { ms: 300 });
      await callText(client, 'echo', { message: 'the call has arrived' });
      const children = gateway.children;
      expect(children.length).toBe(2);
      gateway.process.kill(signal);
      expect(await later).toBe('waited');
      expect(await gateway.ended).toBe(0);
      await comesTrue(() => !children.some(runs));
    },
  );

  it('passes on the variables it is told to, and no other', async () => {
    const args = ['--env', 'PASSED', '--env', 'SET=a=b', '--env', 'MISSING', ...COMMAND];
    const gateway = new CommandLine(['host', '--port', '0', ...args], {
      PASSED: 'on',
      KEPT: 'secret',
    });
    const client = sdkV1();
    await connect(client, await gateway.url());
    const env = JSON.parse(String(await callText(client, 'env'))) as Record<string, string>;
    expect(env).toMatchObject({ PASSED: 'on', SET: 'a=b' });
    expect(env).not.toHaveProperty('KEPT');
    expect(gateway.stderr).toContain('--env MISSING: it is not set here');
  });

  it('holds to --max-sessions', async () => {
    const gateway = host('--max-sessions', '1', ...COMMAND);
    const url = await gateway.url();
    await connect(sdkV1(), url);
    await expect(connect(sdkV1(), url)).rejects.toThrow(/At capacity/);
    expect(gateway.children).toHaveLength(2);
  });

  it('says when a process does not answer, and ends it', async () => {
    const gateway = host('--start-timeout', '1', ...COMMAND, 'mute');
    await expect(connect(sdkV1(), await gateway.url())).rejects.toThrow(/Session ended/);
    await gateway.says(/the process did not answer "initialize" within 1 s and was ended/);
    await comesTrue(() => gateway.children.length === 0);
  });

  it('says when a process ends by itself, and its last words', async () => {
    const gateway = host('--on-crash', 'restart', ...COMMAND);
    const client = sdkV1();
    await connect(client, await gateway.url());
    await callText(client, 'stderr', { lines: ['about to \u001B[31mfail'] });
    await expect(callText(client, 'exit', { code: 9 })).rejects.toThrow(/Internal error/);
    await gateway.says(/exited with code 9; a fresh one takes over/);
    await gateway.says(/about to \?\[31mfail/);
    expect(await callText(client, 'echo', { message: 'fresh' })).toBe('fresh');
  });

  it('--verbose prints what the processes write to stderr', async () => {
    const gateway = host('--verbose', ...COMMAND);
    await connect(sdkV1(), await gateway.url());
    expect(await gateway.says(/\w+ stderr: fixture is up/)).toBeDefined();
  });

  it('answers loopback names, its own address and those it is told of', async () => {
    const gateway = host('--allowed-host', 'mcp.example', ...COMMAND);
    const url = await gateway.url();
    const statusFor = async (name: string): Promise<number> => {
      const { request } = await import('node:http');
      return new Promise((resolve, reject) => {
        const headers = { host: name, accept: 'text/event-stream' };
        const ask = request(url, { headers }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        ask.on('error', reject).end();
      });
    };
    expect(await statusFor('localhost')).toBe(400);
    expect(await statusFor('mcp.example')).toBe(400);
    expect(await statusFor('evil.example')).toBe(403);
  });
});
