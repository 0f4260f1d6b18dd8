interface Started {
  readonly url: string;
  /** Where the inspector of sessions is, if it is open. */
  readonly inspector: string | undefined;
  /** The folder or Redis that keeps sessions, if there is one. */
  readonly data: string | undefined;
  /** How many processes serve; `undefined`: one alone. */
  readonly processes?: number;
}

/** What the server says when it listens: where it is, and what to do next. */
export function welcome({ url, inspector, data, processes }: Started): string {
  return `The everything server listens at ${url}
${processes === undefined ? '' : `${processes} processes have its sessions, and any may die: docs/processes.md\n`}
What to do next, in another terminal:

  Connect Claude Code    claude mcp add --transport http everything ${url}
  ${lookAt(url)}

${inspector ? `See every session, on this machine alone: ${inspector}` : 'See every session: npm start -- --inspect'}
${processes === undefined ? 'Serve by two cores: npm start -- --processes 2' : `Replace all processes: kill -USR2 ${process.ppid}`}
${processes === undefined ? keptIn(data) : 'Sessions end with the server.'}
Write a server of your own: docs/quickstart.md

Ctrl-C ends the server.
`;
}

function keptIn(data: string | undefined): string {
  return data === undefined
    ? 'Keep sessions when the server ends: npm start -- --data ./data'
    : `Sessions are kept in ${data}`;
}

/** The SDK's inspector, where this Node is new enough for it: an older Node is given a release of it
 * that knows none of these options. */
function lookAt(url: string): string {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 19)
    ? `Call its tools         npx @modelcontextprotocol/inspector@2 --transport http --server-url ${url}`
    : `Check what it does     npx tsx src/cli/bin.ts check ${url}`;
}
