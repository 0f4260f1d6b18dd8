import { systemClock } from '../base/clock.ts';
import type { Runtime } from '../runtime.ts';
import { record, type Recording } from '../watch/recorder/record.ts';
import { CommandError, EXIT } from './exit.ts';
import { host } from './host.ts';
import type { RecordArguments } from './recordArguments.ts';
import { printable } from './report.ts';

/** `mcp-actors record`: hosts a server and records its sessions to a file. @throws CommandError */
export async function recordHost(options: RecordArguments): Promise<number> {
  const { messages, maxBytes, rotates } = options;
  const file = options.out ?? `mcp-actors-${systemClock.now()}.jsonl`;
  let recording: Recording | undefined;
  const watch = async (runtime: Runtime): Promise<string> => {
    const whenFull = rotates ? 'rotate' : 'stop';
    try {
      recording = await record(runtime, { file, messages, maxBytes, whenFull });
    } catch (error) {
      throw new CommandError(EXIT.failed, `can not record to ${file}: ${reasonOf(error)}`);
    }
    return `Recording        ${file}`;
  };
  try {
    return await host(options.host, watch);
  } finally {
    await end(recording, file);
  }
}

async function end(recording: Recording | undefined, file: string): Promise<void> {
  if (recording === undefined) return;
  const { state, lines, dropped, error } = await recording.close();
  const what = `${lines} lines in ${file}${dropped > 0 ? `, ${dropped} dropped` : ''}`;
  const how = { full: ': the file is full', failed: `: ${String(error)}` } as const;
  const why = state === 'full' || state === 'failed' ? how[state] : '';
  process.stderr.write(`mcp-actors: ${printable(what + why)}\n`);
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST') return 'it is there already';
  if (code === 'ENOENT') return 'there is no such folder';
  return code ?? String(error);
}
