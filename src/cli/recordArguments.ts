import { parseArgs } from 'node:util';
import { usageError } from './exit.ts';
import {
  HOST_OPTIONS,
  type HostArguments,
  parsed,
  settleHost,
  split,
  whole,
} from './hostArguments.ts';

/** The command line of `mcp-actors record`, checked. */
export interface RecordArguments {
  readonly host: HostArguments;
  /** The file to make; `undefined` makes one named after the time. */
  readonly out: string | undefined;
  readonly messages: boolean;
  readonly rotates: boolean;
  readonly maxBytes: number;
}

const OPTIONS = {
  ...HOST_OPTIONS,
  out: { type: 'string' },
  messages: { type: 'boolean', default: false },
  rotate: { type: 'boolean', default: false },
  'max-mib': { type: 'string', default: '64' },
} as const;

/** @throws CommandError */
export function parseRecordArguments(argv: readonly string[]): RecordArguments {
  const { own, command } = split(argv);
  const values = parsed(() => parseArgs({ args: own, options: OPTIONS }));
  const { out, messages, rotate: rotates } = values;
  if (values.config !== undefined) throw usageError('record hosts one server: no --config');
  if (out === '') throw usageError('--out takes the name of a file');
  const maxBytes = whole('max-mib', values['max-mib'], 1, 4096) * 1024 * 1024;
  return { host: settleHost(values, command), out, messages, rotates, maxBytes };
}
