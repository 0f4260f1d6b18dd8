import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';

/**
 * Whether a program exists and may be executed. Asked before the host listens, so that a mistyped
 * name is reported at the start and not to the first client.
 */
export function findProgram(
  command: string,
  path: string,
  cwd: string,
): 'found' | 'missing' | 'not executable' {
  // Program names of Windows have endings that only its own look-up knows.
  if (process.platform === 'win32') return 'found';
  const isPath = command.includes('/');
  const places = isPath ? [cwd] : path.split(delimiter).filter((place) => place !== '');
  let verdict: 'missing' | 'not executable' = 'missing';
  for (const place of places) {
    const file = resolve(cwd, place, command);
    if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) continue;
    if (mayRun(file)) return 'found';
    verdict = 'not executable';
  }
  return verdict;
}

function mayRun(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
