import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { findingsOf } from '../../src/cli/check.ts';
import { clauseOf } from '../../src/cli/clauses.ts';
import type { Failure } from '../../src/testing/report.ts';
import { sessionModel } from '../../src/testing/sessionModel.ts';
import { CommandLine } from '../support/commandLine.ts';

/** What the tools of a server were called with. */
const calls: string[] = [];

async function start(readOnly: boolean): Promise<string> {
  const runtime = createRuntime({
    server(session) {
      const server = new McpServer({ name: 'checked', version: '1.0.0' }, session.serverOptions);
      server.registerTool('destroy', {}, () => (calls.push('destroy'), { content: [] }));
      const inputSchema = z.object({ name: z.string(), many: z.number().min(3) });
      const annotations = { readOnlyHint: readOnly };
      server.registerTool('look', { inputSchema, annotations }, (given) => {
        calls.push(JSON.stringify(given));
        return { content: [] };
      });
      return server;
    },
  });
  const host = await serve(runtime, { port: 0 });
  onTestFinished(async () => void (await host.close({ deadlineMs: 1 })));
  return host.url;
}

/** A server by hand that answers 400 wherever a session is unknown. */
async function startWrong(): Promise<string> {
  let id = 0;
  const sessions = new Set<string>();
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const rpc = JSON.parse(text || '{}') as { id?: number; method?: string };
      const named = request.headers['mcp-session-id']?.toString();
      const answer = (status: number, body?: object): void => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(body && JSON.stringify({ jsonrpc: '2.0', id: rpc.id, ...body }));
      };
      if (request.method === 'GET') return answer(405);
      if (rpc.method === 'initialize' && named === undefined) {
        const own = `s-${++id}`;
        sessions.add(own);
        response.setHeader('mcp-session-id', own);
        const serverInfo = { name: 'by-hand', version: '0' };
        return answer(200, {
          result: { protocolVersion: '2025-11-25', capabilities: {}, serverInfo },
        });
      }
      if (named === undefined || !sessions.has(named)) {
        return answer(400, { error: { code: -32000, message: 'bad' } });
      }
      if (request.method === 'DELETE') {
        sessions.delete(named);
        return answer(200);
      }
      if (rpc.id === undefined) return answer(202);
      const tools = [{ name: 'echo', inputSchema: { type: 'object' } }];
      answer(200, { result: rpc.method === 'tools/list' ? { tools } : { content: [] } });
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

describe('U19: mcp-actors check', () => {
  it('finds nothing in a server of ours, with a tool that only reads, and calls no other', async () => {
    const run = new CommandLine(['check', await start(true)]);
    expect(await run.ended).toBe(0);
    expect(run.stdout).toMatch(
      /^checked 1\.0\.0 at http:\S+, called with the tool look\n28 of 28 edges/,
    );
    expect(run.stdout).toContain('It does what the model says.');
    expect(new Set(calls.splice(0))).toEqual(new Set(['{"name":"check","many":3}']));
  });

  it('asks for a tool where none says that it only reads', async () => {
    const url = await start(false);
    const run = new CommandLine(['check', url]);
    expect(await run.ended).toBe(64);
    expect(run.stderr).toMatch(/name a quick one with --tool \(destroy, look\)/);
    expect(calls.splice(0)).toEqual([]);
    const named = new CommandLine([
      'check',
      url,
      '--tool',
      'look',
      '--arguments',
      '{"name":"n","many":4}',
    ]);
    expect(await named.ended).toBe(0);
    expect(new Set(calls.splice(0))).toEqual(new Set(['{"name":"n","many":4}']));
  });

  it('groups what is wrong by its cause, says where it is demanded, and ends with 1', async () => {
    const run = new CommandLine(['check', await startWrong()]);
    expect(await run.ended).toBe(1);
    const levels = run.stdout.match(/^(?:MUST|taste) .*$/gm) ?? [];
    expect(levels).toEqual([
      'MUST  the id of a session that is over is answered with 404  (Transports, Session Management)',
      'MUST  a session that its client ended is over  (Transports, Session Management)',
      'taste initialization is the first exchange  (Lifecycle)',
      'taste the id is the making of the server  (Transports, Session Management)',
    ]);
    expect(run.stdout).toContain('listening: a GET is answered with 405, which is allowed');
    expect(run.stdout).toMatch(/2 that the revision demands, 2 of taste\.\n$/);
  });

  test.each([
    [['check'], 64, /check takes one URL/],
    [['check', 'ftp://x'], 64, /the http\(s\) address/],
    [['check', 'http://127.0.0.1:9/mcp', '--header', 'x'], 64, /"Name: value"/],
    [['check', 'http://127.0.0.1:9/mcp', '--tool', 'x', '--arguments', '[]'], 64, /JSON object/],
    [['check', 'http://127.0.0.1:9/mcp'], 69, /there is nothing to check/],
  ])('%j ends with %i', async (args, code, text) => {
    const run = new CommandLine(args);
    expect(await run.ended).toBe(code);
    expect(run.stderr).toMatch(text);
  });
});

function failures(seen: string, ...edges: number[]): Failure[] {
  return edges.map((n) => ({ path: [sessionModel.edges[n]!], expected: '404', seen }));
}

describe('findingsOf', () => {
  const unknown = sessionModel.edges.flatMap(({ expects }, n) =>
    expects === 'unknown' ? [n] : [],
  );

  it('is one finding for one cause, however many edges fail by it', () => {
    const byEvent = new Set(unknown.map((n) => sessionModel.edges[n]!.event));
    expect(findingsOf(failures('400 with a body', ...unknown))).toHaveLength(byEvent.size);
  });

  it('takes a 404 without the code of the error for taste, and any other status for wrong', () => {
    const [edge] = failures('404 with no body', unknown[0]!);
    expect(clauseOf(edge!).level).toBe('taste');
    expect(clauseOf({ ...edge!, seen: '200 with a body' }).level).toBe('MUST');
  });
});
