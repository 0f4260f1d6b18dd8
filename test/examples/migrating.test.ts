import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startExample } from '../support/example.ts';
import { Page } from '../support/markdown.ts';
import { callText, connect, sdkV1, sdkV2 } from '../support/sdkClients.ts';

const ROOT = new URL('../../', import.meta.url);

it('U15: what docs/migrating.md makes of a map of transports counts for each client on its own', async () => {
  const block = new Page(ROOT, 'docs/migrating.md').blocks.find(
    ({ language }) => language === 'ts',
  );
  // Beside the examples, so that it finds what they find.
  const folder = mkdtempSync(join(import.meta.dirname, '../../examples/.migrating-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const program = `import express from 'express';
import type { AddressInfo } from 'node:net';
const expressApp = express();
${block?.text}
const listener = expressApp.listen(0, '127.0.0.1', () => {
  console.log(\`http://127.0.0.1:\${(listener.address() as AddressInfo).port}/mcp\`);
});
`;
  writeFileSync(join(folder, 'main.ts'), program);
  const url = await startExample(join(folder, 'main.ts'));
  const [one, other] = [sdkV1(), sdkV2()];
  for (const client of [one, other]) await connect(client, url);
  expect([await callText(one, 'count'), await callText(one, 'count')]).toEqual(['1', '2']);
  expect(await callText(other, 'count')).toBe('1');
});
