import { parseArgs, type ParseArgsConfig } from 'node:util';
import { httpDriver } from '../testing/http/httpDriver.ts';
import type { ToolCall } from '../testing/http/httpOptions.ts';
import { edgeName } from '../testing/model.ts';
import type { Failure } from '../testing/report.ts';
import { type WalkReport, walkModel } from '../testing/walkModel.ts';
import { isObject } from '../wire/jsonrpc.ts';
import { type Clause, clauseOf, type Level } from './clauses.ts';
import { EXIT, usageError } from './exit.ts';
import { parsed } from './hostArguments.ts';
import { look, type Looked } from './quickTool.ts';
import { printable } from './report.ts';

/** Failures of one kind: the same event does not do the same thing, wherever it happens. */
interface Finding {
  readonly clause: Clause;
  readonly failures: readonly Failure[];
}

const OPTIONS = {
  tool: { type: 'string' },
  arguments: { type: 'string' },
  header: { type: 'string', multiple: true, default: [] },
} as const satisfies ParseArgsConfig['options'];

/** Edges that a finding names; the others are counted. */
const SHOWN_EDGES = 3;
const NOT_GIVEN = 'not tried from outside';

/**
 * `mcp-actors check URL`: walks the model of a session on a server, and says what it gets wrong, by
 * cause.
 *
 * @returns 1 where something that the revision demands is wrong
 * @throws CommandError
 */
export async function checkCommand(argv: readonly string[]): Promise<number> {
  const { url, headers, tool } = argumentsOf(argv);
  const looked = await look(url, headers, tool);
  const driver = httpDriver({
    url,
    headers,
    quick: looked.quick,
    without: {
      slow: NOT_GIVEN,
      questions: NOT_GIVEN,
      notices: NOT_GIVEN,
      instances: NOT_GIVEN,
      principals: NOT_GIVEN,
      eviction: NOT_GIVEN,
      time: NOT_GIVEN,
      ...(!looked.listens && { listening: 'a GET is answered with 405, which is allowed' }),
      ...(!looked.deletes && { deletion: 'DELETE is answered with 405, which is allowed' }),
    },
  });
  const report = await walkModel(driver);
  const findings = findingsOf(report.failures);
  process.stdout.write(`${textOf(url, looked, report, findings)}\n`);
  return findings.some(({ clause }) => clause.level === 'MUST') ? EXIT.failed : EXIT.ok;
}

/** Groups failures by their cause: those the revision demands first, then those with most edges. */
export function findingsOf(failures: readonly Failure[]): Finding[] {
  const causes = new Map<string, { clause: Clause; failures: Failure[] }>();
  for (const failure of failures) {
    const clause = clauseOf(failure);
    const event = failure.path.at(-1)?.event ?? '';
    const [status = ''] = /^\d+/.exec(failure.seen) ?? [];
    // An array as text: no part of it runs into another.
    const cause = JSON.stringify([clause.says, event, failure.expected, status]);
    const known = causes.get(cause);
    if (known === undefined) causes.set(cause, { clause, failures: [failure] });
    else known.failures.push(failure);
  }
  const rank = ({ clause }: Finding): number => (clause.level === 'MUST' ? 0 : 1);
  return [...causes.values()].toSorted(
    (a, b) => rank(a) - rank(b) || b.failures.length - a.failures.length,
  );
}

function textOf(
  url: string,
  { server, quick }: Looked,
  { coverage }: WalkReport,
  findings: readonly Finding[],
): string {
  const count = (level: Level): number =>
    findings.filter(({ clause }) => clause.level === level).length;
  const verdict =
    findings.length === 0
      ? 'It does what the model says.'
      : `${count('MUST')} that the revision demands, ${count('taste')} of taste.`;
  return printed([
    `${server} at ${url}, called with the tool ${quick.name}`,
    coverage.summary,
    '',
    ...findings.flatMap(findingText),
    verdict,
  ]);
}

function findingText({ clause, failures }: Finding): string[] {
  const [first] = failures;
  const edges = failures.flatMap(({ path }) => path.at(-1) ?? []).map(edgeName);
  const more = edges.length > SHOWN_EDGES ? `, and ${edges.length - SHOWN_EDGES} more` : '';
  return [
    `${clause.level.padEnd(6)}${clause.says}  (${clause.where})`,
    `      expected  ${first?.expected}`,
    `      seen      ${first?.seen}`,
    `      where     ${edges.slice(0, SHOWN_EDGES).join(', ')}${more}`,
    '',
  ];
}

/** What a server said is text of somebody else's, on a terminal of ours. */
function printed(lines: readonly string[]): string {
  return lines
    .flatMap((line) => line.split('\n'))
    .map(printable)
    .join('\n');
}

/** @throws CommandError */
function argumentsOf(argv: readonly string[]) {
  const parse = () => parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  let positionals: readonly string[] = [];
  const values = parsed(() => {
    const found = parse();
    ({ positionals } = found);
    return found;
  });
  const [url, more] = positionals;
  if (url === undefined || more !== undefined) throw usageError('check takes one URL');
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw usageError(`check takes the http(s) address of a server, not ${JSON.stringify(url)}`);
  }
  const headers = Object.fromEntries(values.header.map(headerOf));
  return { url, headers, tool: toolOf(values.tool, values.arguments) };
}

function headerOf(text: string): [string, string] {
  const end = text.indexOf(':');
  if (end < 1) throw usageError(`--header takes "Name: value", not ${JSON.stringify(text)}`);
  return [text.slice(0, end).trim(), text.slice(end + 1).trim()];
}

function toolOf(name: string | undefined, text = '{}'): ToolCall | undefined {
  if (name === undefined) return undefined;
  try {
    const args: unknown = JSON.parse(text);
    if (isObject(args)) return { name, arguments: args };
  } catch {
    // Told below.
  }
  throw usageError(`--arguments takes a JSON object, not ${JSON.stringify(text)}`);
}
