import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Installs a package of referees or clients as its lock file says, unless that was done. */
export function install(directory: string): void {
  const lock = join(directory, 'package-lock.json');
  const stamp = join(directory, 'node_modules', '.installed-lock.json');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === readFileSync(lock, 'utf8')) return;

  console.log('Installing what the run needs, once …');
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', args, { cwd: directory, stdio: 'inherit' });
  if (status !== 0) throw new Error(`npm ci failed in ${directory}`);
  copyFileSync(lock, stamp);
}
