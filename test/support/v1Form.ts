import { readFileSync } from 'node:fs';

const PAGE = readFileSync(new URL('../../docs/sdk.md', import.meta.url), 'utf8');

/** The rows of the page's tables that have so many cells, as the code in each cell. */
const rowsOf = (cells: number): string[][] =>
  [...PAGE.matchAll(/^\| `.*\|$/gm)]
    .map(([row]) => row.split('|').slice(1, -1))
    .filter((row) => row.length === cells)
    .map((row) => row.map((cell) => /`([^`]+)`/.exec(cell)?.[1] ?? ''));

const homes = new Map(rowsOf(3).map(([name, , v1]) => [name!, v1!]));
const exchanges = rowsOf(2).filter(([v2]) => !v2!.startsWith('session.'));

/** The v1 form of a program for v2, made by the tables of docs/sdk.md. */
export function v1Form(text: string): string {
  let form = text;
  for (const [v2, v1] of exchanges) {
    const pattern = v2!.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace('…', '(.*)');
    form = form.replace(new RegExp(pattern, 'g'), v1!.replace('…', '$1'));
  }
  return form.replace(
    /^import \{([^}]*)\} from '@modelcontextprotocol\/(?:server|client)';$/gm,
    (_, names: string) =>
      names
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '')
        .map((name) => `import { ${name} } from '${homes.get(name)}';`)
        .join('\n'),
  );
}
