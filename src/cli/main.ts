import { libraryVersion } from '../watch/version.ts';
import { checkCommand } from './check.ts';
import { doctorCommand } from './doctor.ts';
import { CommandError, EXIT, usageError } from './exit.ts';
import { HELP, USAGE } from './help.ts';
import { host } from './host.ts';
import { parseHostArguments, split } from './hostArguments.ts';
import { recordHost } from './record.ts';
import { parseRecordArguments } from './recordArguments.ts';
import { replayCommand } from './replay.ts';

/** Runs the command `mcp-actors`. Resolves with the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  // A reader that closes stdout or stderr is no reason to end the server.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  try {
    const own = new Set(split(argv).own);
    if (own.has('--help') || own.has('-h')) return print(HELP);
    if (own.has('--version') || own.has('-v')) return print(`${libraryVersion()}\n`);
    const [command, ...rest] = argv;
    if (command === undefined) throw usageError('what to do?');
    if (command === 'check') return await checkCommand(rest);
    if (command === 'doctor') return await doctorCommand(rest);
    if (command === 'host') return await host(parseHostArguments(rest));
    if (command === 'record') return await recordHost(parseRecordArguments(rest));
    if (command === 'replay') return await replayCommand(rest);
    throw usageError(`no such command: ${JSON.stringify(command)}`);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const hint = error.exitCode === EXIT.usage ? `${USAGE}\nTry "mcp-actors --help".\n` : '';
    process.stderr.write(`mcp-actors: ${error.message}\n${hint}`);
    return error.exitCode;
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return EXIT.ok;
}
