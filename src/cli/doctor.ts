import { parseArgs, type ParseArgsConfig } from 'node:util';
import { ActorsError } from '../base/errors.ts';
import { type Checkup, doctor, type DoctorOptions, type Finding } from '../redis/index.ts';
import { CommandError, EXIT, usageError } from './exit.ts';
import { parsed } from './hostArguments.ts';
import { printable } from './report.ts';

const OPTIONS = {
  prefix: { type: 'string' },
  'url-env': { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

/** Widths of the columns. */
const LEVEL = 9;
const CHECK = 13;

/**
 * `mcp-actors doctor redis URL`: says whether sessions can be left to a Redis, and what each of its
 * settings means for them.
 *
 * @returns 1 where `redisStore` would not use it
 * @throws CommandError
 */
export async function doctorCommand(argv: readonly string[]): Promise<number> {
  const options = argumentsOf(argv);
  const checkup = await checkupOf(options);
  process.stdout.write(textOf(checkup));
  return checkup.isFit ? EXIT.ok : EXIT.failed;
}

async function checkupOf(options: DoctorOptions): Promise<Checkup> {
  try {
    return await doctor(options);
  } catch (error) {
    if (!(error instanceof ActorsError)) throw error;
    if (error.code === 'bad-option') throw usageError(error.message);
    const { cause, message } = error;
    const why = cause instanceof Error && cause.message !== '' ? `: ${cause.message}` : '';
    throw new CommandError(EXIT.unavailable, printable(message + why));
  }
}

function textOf({ isFit, findings }: Checkup): string {
  const count = (level: Finding['level']): number =>
    findings.filter((finding) => finding.level === level).length;
  const verdict = isFit
    ? `Sessions can be kept here. Warnings: ${count('warning')}.`
    : `Sessions can not be kept here. Refused: ${count('refused')}, warnings: ${count('warning')}.`;
  // What a server said is text of somebody else's, on a terminal of ours.
  const lines = findings.map(({ level, check, says }) => {
    return `${level.padEnd(LEVEL)}${check.padEnd(CHECK)}${printable(says)}`;
  });
  return `${[...lines, '', verdict].join('\n')}\n`;
}

/** @throws CommandError */
function argumentsOf(argv: readonly string[]): DoctorOptions {
  let positionals: readonly string[] = [];
  const values = parsed(() => {
    const found = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
    ({ positionals } = found);
    return found;
  });
  const [what, given, more] = positionals;
  if (what !== 'redis' || more !== undefined) throw usageError('doctor takes "redis" and one URL');
  const { prefix, 'url-env': name } = values;
  if ((given === undefined) === (name === undefined)) {
    throw usageError('doctor redis takes a URL, or --url-env');
  }
  const url = name === undefined ? given : process.env[name];
  if (url === undefined)
    throw usageError(`--url-env: there is no variable ${JSON.stringify(name)}`);
  return { url, ...(prefix !== undefined && { prefix }) };
}
