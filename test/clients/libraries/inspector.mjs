import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bearerOf } from './bearer.mjs';
import { textOf } from './text-of.mjs';

const program = join(
  import.meta.dirname,
  '../node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js',
);

/** The inspector on the command line. Each method is a run: connect, do one thing, close. */
export default ({ era = 'legacy' }) => ({
  async connect(url, { user } = {}) {
    // A home of its own: it keeps settings there.
    const home = mkdtempSync(join(tmpdir(), 'inspector-'));
    const headers = Object.entries(bearerOf(user)).map((header) => header.join(': '));
    const options = headers.flatMap((header) => ['--header', header]);
    return { url, home, options: ['--protocol-era', era, ...options] };
  },
  async list(target) {
    const { tools } = await inspect(target, ['--method', 'tools/list']);
    return tools.map(({ name }) => name);
  },
  call: callTool,
  // It does not say which it was.
  task: async (target, name, args) => ({ text: await callTool(target, name, args) }),
  close: async ({ home }) => rmSync(home, { recursive: true }),
});

async function callTool(target, name, args) {
  const how = ['--method', 'tools/call', '--tool-name', name];
  const { content } = await inspect(target, [...how, '--tool-args-json', JSON.stringify(args)]);
  return textOf(content);
}

async function inspect({ url, home, options }, what) {
  // The options that `npm start` names.
  const at = ['--transport', 'http', '--server-url', url];
  const args = [program, '--cli', ...at, '--format', 'json', ...options, ...what];
  const env = { ...process.env, HOME: home };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return JSON.parse(stdout).result;
}
