// Two people at two browsers use the page of the web host at once. Run by web-host.test.ts.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const [url, executablePath, pictures] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });

/** One browser profile: cookies of its own. */
async function open(name, colorScheme) {
  const viewport = { width: 1280, height: 800 };
  const context = await browser.newContext({ colorScheme, viewport, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const troubles = [];
  page.on('pageerror', (error) => troubles.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()));
  await page.goto(url);
  await page.getByText('live', { exact: true }).waitFor();
  await page.locator('#tool:enabled').waitFor();
  return { name, context, page, troubles };
}

async function call({ page }, tool, args = {}) {
  await page.getByLabel('Tool', { exact: true }).selectOption({ label: tool });
  for (const [label, value] of Object.entries(args)) await page.getByLabel(label).fill(value);
  await page.getByRole('button', { name: 'Call', exact: true }).click();
}

const answer = ({ page }, text) => page.locator('#answer', { hasText: text }).waitFor();
const picture = async ({ page, name }, at) => {
  if (pictures) await page.screenshot({ path: `${pictures}/${name}-${at}.png`, fullPage: true });
};

try {
  const users = await Promise.all([open('alice', 'light'), open('bob', 'dark')]);
  const [alice, bob] = users;
  await Promise.all(users.map((user) => call(user, 'add', { text: `note of ${user.name}` })));
  await Promise.all(users.map((user) => answer(user, 'Kept note 1.')));
  await Promise.all(users.map((user) => call(user, 'list')));
  await Promise.all(users.map((user) => answer(user, `note of ${user.name}`)));
  await Promise.all(users.map((user) => call(user, 'echo', { message: user.name })));
  await Promise.all(users.map((user) => answer(user, `Echo: ${user.name}`)));

  // Both are asked at once, each in a page of their own.
  await Promise.all(users.map((user) => call(user, 'clear')));
  await Promise.all(
    users.map(({ page }) =>
      page.locator('.question', { hasText: 'Forget all of your notes (1)?' }).waitFor(),
    ),
  );
  await Promise.all(users.map((user) => picture(user, 'asked')));
  await alice.page.getByLabel('Yes, all of them').check();
  await alice.page.getByRole('button', { name: 'Accept' }).click();
  await answer(alice, 'Forgot them.');
  assert.equal(await bob.page.locator('.question').count(), 1, "Bob's question is still his");
  // What is open is there again after a reload: the scope is the cookie's.
  await bob.page.reload();
  await bob.page.locator('#tool:enabled').waitFor();
  await bob.page.locator('.question').waitFor();
  await bob.page.getByRole('button', { name: 'Decline' }).click();
  await bob.page.getByText('None. Try').waitFor();
  await call(bob, 'list');
  await answer(bob, 'note of bob');
  await call(alice, 'list');
  await answer(alice, 'No notes yet.');

  const cookies = await Promise.all(users.map(({ context }) => context.cookies()));
  const [[one], [two]] = cookies;
  assert.ok(one.httpOnly && one.sameSite === 'Lax' && one.value !== two.value);
  for (const { page, name, troubles } of users) {
    const [other] = users.filter((user) => user.name !== name);
    const text = await page.locator('body').innerText();
    assert.ok(text.includes(name) || name === 'alice');
    assert.ok(!text.includes(other.name), `the page of ${name} says something of ${other.name}`);
    assert.deepEqual(troubles, []);
    assert.equal(await page.evaluate(() => document.cookie), '', 'no script can read the cookie');
  }
  await Promise.all(users.map((user) => picture(user, 'answered')));
  await alice.page.setViewportSize({ width: 390, height: 800 });
  await picture(alice, 'narrow');
  await alice.page.getByRole('button', { name: 'Leave' }).click();
  await alice.page.getByText('ended: reload').waitFor();
  await picture(alice, 'left');
  await alice.page.reload();
  await alice.page.getByText('live', { exact: true }).waitFor();
  console.log('Two browsers, and nothing crossed');
} finally {
  await browser.close();
}
