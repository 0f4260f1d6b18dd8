import { parseArgs } from 'node:util';
import { usageError } from './exit.ts';
import { type HostArguments, parseHostArguments } from './hostArguments.ts';

/** The command line of `mcp-actors record`, checked. */
export interface RecordArguments {
  readonly host: HostArguments;
  /** The file to make; `undefined` makes one named after the time. */
  readonly out: string | undefined;
  readonly messages: boolean;
  readonly rotates: boolean;
  readonly maxBytes: number;
}

/** Options `record` takes besides those of `host`, and whether a value follows the option. */
const OWN = { out: true, messages: false, rotate: false, 'max-mib': true } as const;
const MAX_MIB = 4096;

/** @throws CommandError */
export function parseRecordArguments(argv: readonly string[]): RecordArguments {
  const end = argv.indexOf('--');
  const args = end < 0 ? argv : argv.slice(0, end);
  const rest: string[] = [];
  const own: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const [name = ''] = arg.replace(/^--/, '').split('=');
    const isOwn = arg.startsWith('--') && Object.hasOwn(OWN, name);
    (isOwn ? own : rest).push(arg);
    // The option's value, where it is an argument of its own.
    const value = args[i + 1];
    if (!isOwn || !OWN[name as keyof typeof OWN] || arg.includes('=')) continue;
    if (value === undefined || value.startsWith('-')) throw usageError(`${arg} needs a value`);
    own.push(value);
    i++;
  }
  const { out, messages, rotate, 'max-mib': mib } = parseOwn(own);
  if (out === '') throw usageError('--out takes the name of a file');
  if (!/^\d+$/.test(mib) || Number(mib) < 1 || Number(mib) > MAX_MIB) {
    throw usageError(`--max-mib takes a whole number from 1 to ${MAX_MIB}, not ${shown(mib)}`);
  }
  return {
    host: parseHostArguments(end < 0 ? rest : [...rest, ...argv.slice(end)]),
    out,
    messages,
    rotates: rotate,
    maxBytes: Number(mib) * 1024 * 1024,
  };
}

function parseOwn(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        out: { type: 'string' },
        messages: { type: 'boolean', default: false },
        rotate: { type: 'boolean', default: false },
        'max-mib': { type: 'string', default: '64' },
      },
      strict: true,
    }).values;
  } catch (error) {
    throw usageError((error as Error).message.split('. ')[0] ?? 'wrong options');
  }
}

function shown(text: string): string {
  return JSON.stringify(text);
}
