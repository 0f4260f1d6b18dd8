import { RecordingError } from '../watch/recorder/recordingError.ts';
import type { Difference, Replay } from '../watch/recorder/replay.ts';
import { replayFile } from '../watch/recorder/replayFile.ts';
import { CommandError, EXIT, usageError } from './exit.ts';
import { printable } from './report.ts';

/** `mcp-actors replay`: steps the machine through a recording and compares. @throws CommandError */
export async function replayCommand(argv: readonly string[]): Promise<number> {
  const [file, more] = argv[0] === '--' ? argv.slice(1) : argv;
  if (file === undefined || more !== undefined) throw usageError('replay takes one file');
  if (file.startsWith('-') && argv[0] !== '--') throw usageError(`no such option: ${file}`);
  const result = await read(file);
  const lines = [...summaryOf(result), verdictOf(result)];
  process.stdout.write(`${lines.map(printable).join('\n')}\n`);
  return result.difference === undefined ? EXIT.ok : EXIT.differs;
}

/** @throws CommandError */
async function read(file: string): Promise<Replay> {
  try {
    return await replayFile(file);
  } catch (error) {
    if (error instanceof RecordingError) {
      throw new CommandError(EXIT.badData, printable(`${file}, ${error.message}`));
    }
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const why = TROUBLES[code] ?? code;
    throw new CommandError(EXIT.noInput, printable(`can not read ${file}: ${why}`));
  }
}

const TROUBLES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read',
  EISDIR: 'it is a folder',
};

function summaryOf({ header, dropped, ...rest }: Replay): string[] {
  const { sessions, handles, calls, transitions, actors, actorSteps } = rest;
  const counts = [`${sessions} sessions`];
  if (handles > 0) counts.push(`${handles} handles`);
  if (calls > 0) counts.push(`${calls} calls`);
  counts.push(`${transitions} transitions`);
  if (actors > 0) counts.push(`${actorSteps} steps of ${actors} actors`);
  const said = [`Recorded by mcp-actors ${header.version}: ${counts.join(', ')}.`];
  if (dropped > 0) said.push(`${dropped} lines were dropped when it was recorded.`);
  // A replay stops at a difference: the end of the recording is unknown.
  if (rest.difference !== undefined) return said;
  if (rest.brokenLine !== undefined) {
    said.push(`Line ${rest.brokenLine} is cut off: everything before it was replayed.`);
  } else if (rest.end === 'cut') {
    said.push('It has no last line: its process was killed, or still writes.');
  }
  return said;
}

function verdictOf({ difference }: Replay): string {
  if (difference === undefined) return 'The machine does the same.';
  const { line, event, field, expected, seen } = difference;
  return `Line ${line}, ${whoOf(difference)}, told ${event}: "${field}" of the machine is ${shown(expected)}, of the file ${shown(seen)}.`;
}

function whoOf({ session, handle, actor, call }: Difference): string {
  if (actor !== undefined) return `actor ${actor} of session ${session}`;
  if (handle !== undefined) return `handle ${handle}`;
  if (call !== undefined) return `call ${call} of session ${session}`;
  return session === undefined ? 'the supervisor' : `session ${session}`;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
}
