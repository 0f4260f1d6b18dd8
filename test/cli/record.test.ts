import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordingLine } from 'mcp-actors/recorder';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import type { CommandError } from '../../src/cli/exit.ts';
import { replayCommand } from '../../src/cli/replay.ts';
import { parseRecordArguments } from '../../src/cli/recordArguments.ts';
import { CommandLine } from '../support/commandLine.ts';
import { comesTrue, runs } from '../support/processes.ts';
import { callText, connect, sdkV1 } from '../support/sdkClients.ts';

const SERVER = join(import.meta.dirname, '../gateway/fixtures/server.mjs');
const COMMAND = ['--', process.execPath, SERVER];
const SECRET = 'hunter2';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'recording-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function record(file: string, ...args: string[]): CommandLine {
  return new CommandLine(['record', '--port', '0', '--out', file, ...args, ...COMMAND]);
}

const replay = (...args: string[]): CommandLine => new CommandLine(['replay', ...args]);

function linesOf(file: string): RecordingLine[] {
  const whole = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return whole.map((line) => JSON.parse(line) as RecordingLine);
}

/** A session that was used, and its recording so far. */
async function used(run: CommandLine, file: string): Promise<void> {
  const client = sdkV1();
  await connect(client, await run.url());
  expect(await callText(client, 'echo', { message: SECRET })).toBe(SECRET);
  const isThere = (): boolean =>
    linesOf(file).some((line) => line.type === 'transition' && line.to === 'active');
  await comesTrue(isThere);
}

describe('parseRecordArguments', () => {
  it('takes its own options out and leaves the others to host', () => {
    const args = [
      '--port',
      '1',
      '--out',
      'a',
      '--messages',
      '--max-mib=2',
      '--',
      'x',
      '--out',
      'y',
    ];
    expect(parseRecordArguments(args)).toMatchObject({
      host: { port: 1, command: 'x', args: ['--out', 'y'] },
      out: 'a',
      messages: true,
      rotates: false,
      maxBytes: 2 * 1024 * 1024,
    });
    expect(parseRecordArguments(['--rotate', '--', 'x'])).toMatchObject({
      out: undefined,
      messages: false,
      rotates: true,
      maxBytes: 64 * 1024 * 1024,
    });
  });

  test.each([
    [['--out'], /--out needs a value/],
    [['--out', '--rotate'], /--out needs a value/],
    [['--out='], /--out takes the name of a file/],
    [['--max-mib', '0'], /--max-mib takes a whole number from 1 to 4096, not "0"/],
    [['--messages=no'], /--messages/],
    [['--record', 'x'], /--record/],
    [['--constructor', 'x'], /--constructor/],
  ])('%j is refused', (args, message) => {
    const parse = (): unknown => parseRecordArguments([...args, '--', 'server']);
    expect(parse).toThrow(message);
    expect(parse).toThrow(expect.objectContaining({ exitCode: 64 }) as CommandError);
  });
});

describe('mcp-actors record', () => {
  it('hosts, records to the end, and the machine does the same', async () => {
    const file = join(folder(), 'life.jsonl');
    const run = record(file);
    await run.says(new RegExp(`Recording +${file}`));
    await used(run, file);
    run.process.kill('SIGTERM');
    expect(await run.ended).toBe(0);
    expect(run.stderr).toMatch(/\d+ lines in .*life\.jsonl\n/);
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain('tools/call');
    const lines = linesOf(file);
    expect(lines.at(-1)).toMatchObject({ type: 'end', why: 'closed' });
    expect(lines).toContainEqual(expect.objectContaining({ type: 'ended', reason: 'drained' }));

    const again = replay(file);
    expect(await again.ended).toBe(0);
    expect(again.stdout).toMatch(/1 sessions, \d+ transitions\.\nThe machine does the same\.\n$/);
    expect(again.stderr).toBe('');
  });

  it('--messages records methods and sizes', async () => {
    const file = join(folder(), 'messages.jsonl');
    const run = record(file, '--messages');
    await used(run, file);
    run.process.kill('SIGTERM');
    expect(await run.ended).toBe(0);
    expect(readFileSync(file, 'utf8')).not.toContain(SECRET);
    expect(linesOf(file)).toContainEqual(
      expect.objectContaining({ type: 'message', direction: 'in', method: 'tools/call' }),
    );
  });

  it('killed in the middle, it leaves a file that replays', async () => {
    const file = join(folder(), 'killed.jsonl');
    const run = record(file);
    await used(run, file);
    const children = run.children;
    run.process.kill('SIGKILL');
    expect(await run.ended).toBe('SIGKILL');
    await comesTrue(() => !children.some(runs));
    const again = replay(file);
    expect(await again.ended).toBe(0);
    expect(again.stdout).toContain('its process was killed, or still writes');

    // Cut as by a disk that had taken half of the last line.
    const text = readFileSync(file, 'utf8').trimEnd();
    writeFileSync(file, text.slice(0, -20));
    const cut = replay(file);
    expect(await cut.ended).toBe(0);
    expect(cut.stdout).toContain(`Line ${text.split('\n').length} is cut off`);
    expect(cut.stdout).toContain('The machine does the same.');
  });

  it('fails to start, with 1 and one clear line, where it can not record', async () => {
    const file = join(folder(), 'precious');
    writeFileSync(file, 'precious');
    const run = record(file);
    expect(await run.ended).toBe(1);
    expect(run.stderr).toBe(`mcp-actors: can not record to ${file}: it is there already\n`);
    expect(readFileSync(file, 'utf8')).toBe('precious');
    const nowhere = record(join(folder(), 'no', 'such', 'folder'));
    expect(await nowhere.ended).toBe(1);
    expect(nowhere.stderr).toMatch(/there is no such folder\n$/);
  });
});

describe('mcp-actors replay', () => {
  const HEADER = JSON.stringify({
    type: 'header',
    format: 'mcp-actors-recording',
    formatVersion: 1,
    version: '9.9.9',
    at: 1,
    messages: false,
  });
  const BUILDING = {
    type: 'transition',
    at: 2,
    session: 'abc\u001B[31m',
    event: { type: 'session.opened', sleeps: false },
    from: 'new',
    to: 'initializing.building',
    effects: ['build'],
  };

  function written(...lines: (string | object)[]): string {
    const file = join(folder(), 'written.jsonl');
    const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
    writeFileSync(file, `${texts.join('\n')}\n`);
    return file;
  }

  it('is 1 where the machine does something else, and names the line', async () => {
    const run = replay(written(HEADER, { ...BUILDING, to: 'active' }));
    expect(await run.ended).toBe(1);
    expect(run.stdout).toBe(
      'Recorded by mcp-actors 9.9.9: 1 sessions, 1 transitions.\n' +
        'Line 2, session abc?[31m, told session.opened: "to" of the machine is ' +
        'initializing.building, of the file active.\n',
    );
  });

  it.each([
    [
      'no recording',
      (): string => written('hello'),
      65,
      /written\.jsonl, line 1: this is no recording/,
    ],
    ['an empty file', (): string => written(), 65, /line 1: this is no recording|this is empty/],
    [
      'a broken line',
      (): string => written(HEADER, '{"type":', BUILDING),
      65,
      /line 2: this is no JSON object/,
    ],
    [
      'an endless line',
      (): string => written(HEADER, 'x'.repeat(100_000), BUILDING),
      65,
      /line 2: it is longer than 65536 bytes/,
    ],
    [
      'a newer format',
      (): string => written(HEADER.replace('Version":1', 'Version":7')),
      65,
      /format 7 is newer/,
    ],
    [
      'no file',
      (): string => join(folder(), 'none'),
      66,
      /can not read .*none: there is no such file/,
    ],
    ['a folder', folder, 66, /it is a folder/],
  ])('%s is refused', async (_what, file, exitCode, message) => {
    const failed = replayCommand([file()]);
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.toThrow(expect.objectContaining({ exitCode }) as CommandError);
  });

  it('says on stderr what is wrong with a file, and with the command line', async () => {
    const broken = replay(written('hello'));
    expect(await broken.ended).toBe(65);
    expect(broken.stderr).toMatch(/^mcp-actors: .*, line 1: this is no recording\n$/);
    expect(broken.stdout).toBe('');
    const wrong = replay('a', 'b');
    expect(await wrong.ended).toBe(64);
    expect(wrong.stderr).toContain('mcp-actors replay FILE');
  });

  it.each([[[]], [['a', 'b']], [['--fast', 'a']], [['--']]])('%j is 64', async (args) => {
    await expect(replayCommand(args)).rejects.toThrow(
      expect.objectContaining({ exitCode: 64 }) as CommandError,
    );
  });
});
