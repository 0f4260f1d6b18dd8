import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ProcessGroup } from '../../src/base/processGroup.ts';
import { membersOf } from '../support/processes.ts';

/** Runs a script as the leader of a group of its own, up to its first word. */
async function lead(script: string) {
  const child = spawn('/bin/sh', ['-c', script], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const pid = child.pid!;
  onTestFinished(() => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It is gone.
    }
  });
  const group = new ProcessGroup(child, pid);
  await once(child.stdout, 'data');
  return { child, group };
}

describe('ProcessGroup', () => {
  it('is gone with its leader, where it has nobody else', async () => {
    const { child, group } = await lead('echo up; read -r _');
    expect(group.isAlive).toBe(true);
    child.stdin.end();
    expect(await group.gone(5000)).toBe(true);
    expect(group.isAlive).toBe(false);
  });

  it('lives on without its leader, and ends with the last of it', async () => {
    const { child, group } = await lead('sleep 1000 & echo up');
    if (child.exitCode === null) await once(child, 'exit');
    expect(await group.gone(50)).toBe(false);
    expect(membersOf(group.pid)).toHaveLength(1);
    group.signal('SIGTERM');
    // Whoever ended and was not waited for by its new parent does not count.
    expect(await group.gone(5000)).toBe(true);
    expect(membersOf(group.pid)).toEqual([]);
  });

  it('says when it can not wait any longer', async () => {
    const { group } = await lead("trap '' TERM; echo up; while :; do sleep 1; done");
    group.signal('SIGTERM');
    expect(await group.gone(50)).toBe(false);
    group.signal('SIGKILL');
    expect(await group.gone(5000)).toBe(true);
  });

  it('signals nobody when it is gone: its number may be another one', async () => {
    const { child, group } = await lead('echo up');
    if (child.exitCode === null) await once(child, 'exit');
    expect(await group.gone(5000)).toBe(true);
    group.signal('SIGKILL');
    expect(group.isAlive).toBe(false);
  });
});
