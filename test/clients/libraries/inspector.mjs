import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const program = join(
  import.meta.dirname,
  '../node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js',
);

/** The inspector on the command line. Each method is a run: connect, do one thing, close. */
export default () => ({
  // A home of its own: it keeps settings there.
  connect: async (url) => ({ url, home: mkdtempSync(join(tmpdir(), 'inspector-')) }),
  async list(target) {
    const { tools } = await inspect(target, ['--method', 'tools/list']);
    return tools.map(({ name }) => name);
  },
  async call(target, name, args) {
    const how = ['--method', 'tools/call', '--tool-name', name];
    const { content } = await inspect(target, [...how, '--tool-args-json', JSON.stringify(args)]);
    return content[0].text;
  },
  close: async ({ home }) => rmSync(home, { recursive: true }),
});

async function inspect({ url, home }, options) {
  // The options that `npm start` names.
  const at = ['--transport', 'http', '--server-url', url];
  const args = [program, '--cli', ...at, '--format', 'json', ...options];
  const env = { ...process.env, HOME: home };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return JSON.parse(stdout).result;
}
