import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CommandLine } from '../../support/commandLine.ts';
import { callText, connect, sdkV1 } from '../../support/sdkClients.ts';
import { becomes, openPage } from './support/browser.ts';
import { poll } from './support/poll.ts';
import { freePort } from './support/everything.ts';
import { visit } from './support/visit.ts';

const SERVER = join(import.meta.dirname, '../../gateway/fixtures/server.mjs');
const COMMAND = ['--', process.execPath, SERVER];
const TOKEN = 'a-token-for-this-test-alone';

describe('mcp-actors host --inspect', () => {
  it('shows the process behind a session, and what passes to it and back', async () => {
    const port = await freePort();
    const run = new CommandLine(['host', '--port', '0', '--inspect-port', port, ...COMMAND], {
      MCP_ACTORS_INSPECT_TOKEN: TOKEN,
    });
    const [, mcp = ''] = await run.says(/Streamable HTTP +(\S+)/);
    const [, inspector = ''] = await run.says(/Inspector +(\S+)/);
    expect(inspector).toBe(`http://127.0.0.1:${port}/${TOKEN}/`);
    const client = sdkV1();
    await connect(client, mcp);
    await callText(client, 'echo', { message: 'hello' });
    const page = await openPage(inspector);
    await becomes(page, 'live');
    await page.locator('.row').first().click();
    const pid = (await page.locator('[data-fact="process"]', { hasText: 'pid' }).innerText()).match(
      /\d+/,
    )?.[0];
    expect(run.children).toContain(Number(pid));
    await poll(() => page.locator('.life').allInnerTexts()).toEqual([
      'client',
      'session',
      'server',
      'upstream',
    ]);
    const told = await page
      .locator('.step[data-type="upstream"] .arrow')
      .evaluateAll((all) =>
        all.map(
          (arrow) =>
            `${arrow.className.replace('arrow ', '')} ${arrow.querySelector('b')?.textContent}`,
        ),
      );
    expect(told).toEqual(
      expect.arrayContaining([
        'from-server to-upstream initialize',
        'from-upstream to-server answer',
        'from-server to-upstream tools/call echo',
      ]),
    );
    expect((await visit(inspector, 'export.jsonl')).text).not.toContain('hello');
    await client.close();
    run.process.kill('SIGTERM');
    expect(await run.ended).toBe(0);
  });

  it.each([
    ['a port that is none', ['--inspect-port', 'x'], {}, 64, /--inspect-port takes a whole number/],
    [
      'a token that can be guessed',
      ['--inspect'],
      { MCP_ACTORS_INSPECT_TOKEN: 'short' },
      1,
      /MCP_ACTORS_INSPECT_TOKEN/,
    ],
  ])('refuses %s', async (_what, args, env, code, message) => {
    const run = new CommandLine(['host', '--port', '0', ...args, ...COMMAND], env);
    expect(await run.ended).toBe(code);
    expect(run.stderr).toMatch(message);
  });
});
