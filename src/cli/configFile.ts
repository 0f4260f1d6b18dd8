import { readFileSync } from 'node:fs';
import { CommandError, EXIT } from './exit.ts';

/** One server of a configuration, as a child process or a remote one, and the path it gets. */
export type HostedServer = { readonly path: string } & (
  | {
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly cwd: string | undefined;
    }
  | { readonly url: string; readonly headers: Readonly<Record<string, string>> }
);

/** The form that clients keep their servers in; what they keep beside it is passed over. */
interface Entry {
  readonly command?: unknown;
  readonly args?: unknown;
  readonly env?: unknown;
  readonly cwd?: unknown;
  readonly url?: unknown;
  readonly headers?: unknown;
}

const NAME = /^[\w.-]{1,64}$/;

/**
 * Reads the servers of a file with `mcpServers`, the form that clients have: each is served at the
 * path of its name. `${NAME}` in a value is a variable of this process.
 *
 * @throws CommandError
 */
export function readConfig(file: string, variables: NodeJS.ProcessEnv): HostedServer[] {
  const wrong = (what: string): CommandError => new CommandError(EXIT.badData, `${file}: ${what}`);
  const servers = (parse(file) as { readonly mcpServers?: unknown } | null)?.mcpServers;
  if (!isMap(servers)) throw wrong('it has no "mcpServers"');
  const entries = Object.entries(servers);
  if (entries.length === 0) throw wrong('"mcpServers" is empty');
  return entries.map(([name, value]) => {
    const own = (what: string): CommandError => wrong(`server ${JSON.stringify(name)}: ${what}`);
    if (!NAME.test(name)) throw own('a name is made of letters, digits, ".", "_" and "-"');
    if (!isMap(value)) throw own('it is no object');
    const fill = (text: string): string => filled(text, variables, own);
    return { path: `/${name}`, ...serverOf(value, fill, own) };
  });
}

function serverOf(
  { command, args = [], env = {}, cwd, url, headers = {} }: Entry,
  fill: (text: string) => string,
  wrong: (what: string) => CommandError,
) {
  const texts = (what: string, value: unknown): Record<string, string> => {
    if (!isMap(value) || !Object.values(value).every((each) => typeof each === 'string')) {
      throw wrong(`"${what}" is no object of texts`);
    }
    const entries = Object.entries(value as Record<string, string>);
    return Object.fromEntries(entries.map(([name, text]) => [name, fill(text)]));
  };
  if (typeof url === 'string') {
    const filledIn = fill(url);
    if (!/^https?:/.test(filledIn) || !URL.canParse(filledIn)) throw wrong('"url" is no address');
    return { url: filledIn, headers: texts('headers', headers) };
  }
  if (typeof command !== 'string' || command === '')
    throw wrong('it has no "command" and no "url"');
  if (!Array.isArray(args) || !args.every((each) => typeof each === 'string')) {
    throw wrong('"args" is no list of texts');
  }
  if (cwd !== undefined && typeof cwd !== 'string') throw wrong('"cwd" is no text');
  return { command: fill(command), args: args.map(fill), env: texts('env', env), cwd };
}

/** Puts in the variables that a text names. */
function filled(
  text: string,
  variables: NodeJS.ProcessEnv,
  wrong: (what: string) => CommandError,
): string {
  return text.replaceAll(/\$\{(?:env:)?(\w+)\}/g, (_, name: string) => {
    const value = variables[name];
    if (value === undefined) throw wrong(`\${${name}} is not set here`);
    return value;
  });
}

function parse(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : code;
    throw new CommandError(EXIT.noInput, `can not read ${file}: ${why}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandError(EXIT.badData, `${file}: it is no JSON`);
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
