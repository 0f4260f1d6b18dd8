import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { type Walk, walkOf } from '../bench/walk/walk.ts';

test('walkOf counts functions in a row as one stay, and coming back as a return', () => {
  const entered = ['a', 'a', 'src/wire/w', 'a', 'b', 'src/wire/w', 'b'];
  const walk = walkOf(entered.map((file, index) => ({ file, name: `f${index}` })));
  expect(walk.stays[0]).toEqual({ file: 'a', functions: ['f0', 'f1'] });
  expect(walk.total).toEqual({ calls: 7, files: 3, stays: 6, returns: 3 });
  expect(walk.withoutWire).toEqual({ calls: 5, files: 2, stays: 2, returns: 0 });
});

test('npm run walk follows a call from the socket to its server and back', async () => {
  const run = fileURLToPath(new URL('../bench/walk/run.ts', import.meta.url));
  const args = ['--import', 'tsx', run, '--json'];
  const options = { env: { ...process.env, NODE_OPTIONS: '' }, maxBuffer: 2 ** 26 };
  const { stdout } = await promisify(execFile)(process.execPath, args, options);
  const walks = new Map(Object.entries(JSON.parse(stdout) as Record<string, Walk>));
  expect([...walks.keys()]).toEqual([
    'initialize',
    'notifications/initialized',
    'tools/call',
    'tools/call, one progress',
  ]);
  const { stays, total } = walks.get('tools/call')!;
  const functions = stays.flatMap((stay) => stay.functions);
  expect(functions).toEqual(expect.arrayContaining(['accept', 'deliver', 'settle', 'answer']));
  expect(stays[0]!.file).toBe('src/adapters/nodeHandler.ts');
  expect(total.calls).toBe(functions.length);
  // A call goes from room to room and does not run back and forth. Nine of these are what a request
  // is asked besides: which era it is of, how many its caller may send, which integers it has.
  expect(total.returns).toBeLessThanOrEqual(69);
  expect(walks.get('tools/call, one progress')!.total.calls).toBeGreaterThan(total.calls);
});
