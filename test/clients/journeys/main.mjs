import { eras } from './eras.mjs';
import { outages } from './outages.mjs';
import { visit } from './visit.mjs';

// node main.mjs <journey> <library> <its options as JSON> <url>
const [journey, library, options, url] = process.argv.slice(2);
const { default: makeClient } = await import(`../libraries/${library}.mjs`);

await { visit, outages, eras }[journey](await makeClient(JSON.parse(options)), url);
