// Writes into package.json where the package lives: only the place that it is released from knows.
// By these fields npm has the links of the README lead there, and a provenance is checked.
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';

const {
  GITHUB_SERVER_URL: server,
  GITHUB_REPOSITORY: repository,
  GITHUB_REF_NAME: tag,
} = process.env;
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
if (!server || !repository) fail('GITHUB_SERVER_URL and GITHUB_REPOSITORY must say where this is.');
if (tag !== `v${manifest.version}`) {
  fail(`The tag is ${tag}, and package.json has version ${manifest.version}.`);
}

const address = `${server}/${repository}`;
const fields = {
  repository: { type: 'git', url: `git+${address}.git` },
  homepage: `${address}#readme`,
  bugs: { url: `${address}/issues` },
};
writeFileSync('package.json', `${JSON.stringify({ ...manifest, ...fields }, null, 2)}\n`);

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
