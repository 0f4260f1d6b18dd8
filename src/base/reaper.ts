import type * as Processes from 'node:child_process';
import type { Writable } from 'node:stream';
import { outsideSessions } from './asyncContext.ts';
import { builtin, host } from './builtin.ts';
import { hasGroups } from './processGroup.ts';

/**
 * The shell script of the reaper. It reads `+target` and `-target` lines from a pipe that ends when
 * this process does, however the process ends, and then ends every target still on its list:
 * SIGTERM, and a second later SIGKILL. A target is what `kill` takes: a process, or a group as a
 * negative number.
 */
const SCRIPT = `
trap '' HUP INT TERM
targets=" $* "
while read -r line; do
  target=\${line#?}
  case $line in
    +*) targets="$targets$target " ;;
    -*) case $targets in *" $target "*) targets="\${targets%% $target *} \${targets#* $target }" ;; esac ;;
  esac
done
left=
for target in $targets; do kill -TERM "$target" && left=yes; done 2>/dev/null
if [ -n "$left" ]; then sleep 1; fi
for target in $targets; do kill -KILL "$target"; done 2>/dev/null
`;

type Shell = Processes.ChildProcessByStdio<Writable, null, null>;

const OPTIONS: Processes.SpawnOptionsWithStdioTuple<
  Processes.StdioPipe,
  Processes.StdioNull,
  Processes.StdioNull
> = {
  stdio: ['pipe', 'ignore', 'ignore'],
  // Ctrl-C is meant for this process and does not reach a shell in a process session of its own.
  detached: true,
  env: { PATH: host?.env['PATH'] ?? '' },
};

/**
 * Ends the child processes of a process that was killed, by one small shell for the whole process,
 * in a process session of its own, which runs while there are children. A process that ends its
 * children itself leaves the shell nothing to do.
 */
class Reaper {
  readonly #targets = new Set<number>();
  #shell: Shell | null = null;

  /** @param target a process, or a process group as a negative number */
  add(target: number): void {
    // Without process groups there is no such shell either.
    if (!hasGroups || this.#targets.has(target)) return;
    this.#targets.add(target);
    if (this.#shell === null) this.#start();
    else this.#shell.stdin.write(`+${target}\n`);
  }

  remove(target: number): void {
    if (!this.#targets.delete(target)) return;
    this.#shell?.stdin.write(`-${target}\n`);
    if (this.#targets.size > 0) return;
    this.#shell?.stdin.end();
    this.#shell = null;
  }

  #start(): void {
    const processes = builtin('node:child_process');
    if (processes === undefined) return;
    // As arguments: a shell that has begun knows its targets, whatever becomes of this process.
    const args = ['-c', SCRIPT, 'reaper', ...Array.from(this.#targets, String)];
    // The shell outlives the session that owns the first child, and must not keep that in memory.
    outsideSessions(() => this.#watch(processes.spawn('/bin/sh', args, OPTIONS)));
  }

  #watch(shell: Shell): void {
    this.#shell = shell;
    shell.on('error', () => this.#lost(shell, false));
    shell.on('exit', (_code, signal) => this.#lost(shell, signal !== null));
    shell.stdin.on('error', () => {});
    shell.unref();
    (shell.stdin as unknown as { unref(): void }).unref();
  }

  /** A killed shell's list goes to the next. A shell that fails by itself would fail again. */
  #lost(shell: Shell, wasKilled: boolean): void {
    if (this.#shell !== shell) return;
    this.#shell = null;
    if (wasKilled) this.#start();
  }
}

/** The reaper of this process: the pipe between both tells the reaper of the process's end. */
export const reaper = new Reaper();
