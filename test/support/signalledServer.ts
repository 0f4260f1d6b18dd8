/** A server on http that ends on signals. Says on stdout what its test waits for. */
import { spawn } from 'node:child_process';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createRuntime, type Runtime, type Session } from 'mcp-actors';
import { serve } from 'mcp-actors/node';

const modes = new Set(process.argv.slice(2));
const tell = (text: string): void => void process.stdout.write(`${text}\n`);

/** @param finish what the tool `finish` waits for, beside the beginning of the drain */
function start(name: string, finish: () => Promise<unknown>): Runtime {
  const runtime: Runtime = createRuntime<unknown>({
    server(session) {
      const server = new McpServer({ name, version: '1.0.0' }, session.serverOptions);
      session.own(() => tell(`${name} released`));
      if (modes.has('children')) ownChildren(session);
      if (modes.has('stuck')) session.own(() => new Promise(() => {}), { deadlineMs: Infinity });
      server.registerTool('hang', {}, () => {
        tell(`${name} works`);
        return new Promise(() => {});
      });
      server.registerTool('finish', {}, async () => {
        tell(`${name} works`);
        await draining;
        await finish();
        return { content: [{ type: 'text', text: 'finished' }] };
      });
      return server;
    },
  });
  const draining = new Promise<void>((resolve) => {
    runtime.on('supervisor.transition', ({ to }) => {
      tell(`${name} is ${to}`);
      resolve();
    });
  });
  return runtime;
}

/** Says the numbers of two children, both deaf to SIGTERM, and of what the second has started. */
function ownChildren(session: Session): void {
  const DEAF = "trap '' TERM; ";
  const own = (script: string, detached: boolean): void => {
    const child = session.own(spawn('/bin/sh', ['-c', DEAF + script], { detached }));
    child.stdout.setEncoding('utf8').on('data', (pids: string) => tell(`owns ${pids}`));
  };
  own('echo $$; while :; do sleep 0.1; done', false);
  own('sleep 1000 & echo $$ $!; while :; do sleep 0.1; done', true);
}

/** Resolves when a signal has come, and everybody has heard it. */
const heard = (signal: NodeJS.Signals): Promise<void> =>
  new Promise((resolve) => process.once(signal, () => setImmediate(resolve)));

const both = modes.has('repeated') && Promise.all([heard('SIGINT'), heard('SIGTERM')]);
const first = start('first', async () => both);
if (modes.has('handles-signals')) process.on('SIGTERM', () => (process.exitCode = 7));
if (modes.has('busy')) setInterval(() => {}, 1000);

const deadlineMs = modes.has('stuck') ? 0 : 1e9;
const host = await serve(first, { port: 0, signals: { deadlineMs } });
if (modes.has('two')) {
  const isOver =
    host.server.listening && new Promise((resolve) => host.server.on('close', resolve));
  const second = start('second', async () => isOver);
  const { url } = await serve(second, { port: 0, signals: { deadlineMs } });
  tell(`second at ${url}`);
}
tell(`first at ${host.url}`);
if (modes.has('closes')) {
  await host.close();
  tell(`listeners: ${process.listenerCount('SIGTERM') + process.listenerCount('SIGINT')}`);
}
