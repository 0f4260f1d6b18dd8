import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refereeNode } from './referee-node.ts';

const program = join(
  import.meta.dirname,
  'node_modules/@modelcontextprotocol/conformance/dist/index.js',
);
const timeLimitMs = 180_000;

export interface Check {
  readonly scenario: string;
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'INFO' | 'SKIPPED';
  readonly errorMessage?: string;
}

/** One run of the referee against a server; every check it made, whatever its exit code says. */
export async function referee(url: string, options: readonly string[]): Promise<Check[]> {
  const directory = mkdtempSync(join(tmpdir(), 'conformance-'));
  try {
    const args = [program, 'server', '--url', url, '--output-dir', directory, ...options];
    const run = spawn(refereeNode(), args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const late = setTimeout(() => run.kill('SIGKILL'), timeLimitMs);
    await once(run, 'exit');
    clearTimeout(late);
    return readdirSync(directory).flatMap((name) => checksOf(directory, name));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** A scenario's directory is named `server-<scenario>-<time>`. */
function checksOf(directory: string, name: string): Check[] {
  const scenario = name.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT.*$/, '');
  const checks = JSON.parse(readFileSync(join(directory, name, 'checks.json'), 'utf8')) as Check[];
  return checks.map((check) => ({ ...check, scenario }));
}
