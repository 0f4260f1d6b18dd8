export const USAGE = `Usage: mcp-actors host [options] -- <command> [arguments]
       mcp-actors host [options] --config FILE
       mcp-actors record [--out FILE] [options] -- <command> [arguments]
       mcp-actors replay FILE
       mcp-actors check URL [--tool NAME] [--header "NAME: VALUE"]
       mcp-actors doctor redis URL [--prefix PREFIX]`;

export const HELP = `${USAGE}

Puts a stdio MCP server behind one URL: Streamable HTTP, WebSocket and HTTP+SSE,
one process for each session, ended with its session.

  mcp-actors host -- npx -y @modelcontextprotocol/server-everything
  mcp-actors host --port 8080 --env API_KEY -- node server.js

record does the same and writes what happens to the sessions to a file; replay
steps the machine through such a file and names the first line that differs.

  mcp-actors record --out bug.jsonl -- node server.js
  mcp-actors replay bug.jsonl

check walks each transition of a session on a server, whoever wrote it, and says
by cause what it gets wrong: MUST, with where the revision says so, or taste.

  mcp-actors check http://127.0.0.1:3000/mcp

doctor says whether sessions can be left to a Redis, and what its settings mean
for them. It needs the package ioredis.

  mcp-actors doctor redis redis://localhost:6379

Options
  --port N                 port to listen on; 0 takes a free one      (3000)
  --host ADDRESS           address to listen on                       (127.0.0.1)
  --path PATH              path of the endpoint                       (/mcp)
  --allowed-host NAME      name this server answers to, besides
                           loopback names and ADDRESS; repeatable
  --max-sessions N         sessions, and processes, at once           (100)
  --idle-timeout SECONDS   how long an unused session is kept         (300)
  --start-timeout SECONDS  how long a process may take to answer
                           "initialize"                               (50)
  --env KEY[=VALUE]        variable to pass on, or to set; repeatable.
                           PATH, HOME, USER, SHELL, TERM and LOGNAME
                           are passed on, nothing else is
  --cwd DIRECTORY          working directory of the processes         (.)
  --on-crash evict|restart what becomes of a session whose process
                           ends by itself                             (evict)
  --config FILE            servers of a file with "mcpServers", as clients
                           have it: each at the path of its name, /NAME
  --token-env NAME         callers must bring the token in this variable,
                           as "Authorization: Bearer"
  --health                 answer probes on /healthz and /readyz, without
                           a token
  --inspect                serve a page that shows every session, on loopback,
                           at a URL nobody can guess
  --inspect-port N         the same, on a port of your choice
  --verbose                print what the processes write to stderr
  --help, --version

Options of record
  --out FILE               file to make; it must not be there yet     (mcp-actors-TIME.jsonl)
  --messages               record messages too: their methods and sizes
  --max-mib N              size at which the recording stops          (64)
  --rotate                 do not stop there: FILE becomes FILE.1

Without --token-env there is no authentication: listen on other addresses than
loopback only with it, or behind a proxy that has one.

Options of check
  --tool NAME              tool that answers at once and changes nothing;
                           by default one that says of itself that it only reads
  --arguments JSON         its arguments                              ({})
  --header "NAME: VALUE"   sent with every request; repeatable

Options of doctor
  --prefix PREFIX          prefix of the store                        (mcpa:)
  --url-env NAME           variable with the URL, in the place of URL: a password
                           on the command line is seen by others

MCP_ACTORS_INSPECT_TOKEN sets the part of the page's URL that must not be
guessed: 22 characters or more of A-Z, a-z, 0-9, "_" and "-".

Exit codes: 0 stopped by a signal, 1 failed to start, 64 wrong usage.
Of check: 0 nothing that the revision demands is wrong, 1 something is, 64 wrong
usage, 69 no server with sessions is there.
Of doctor: 0 sessions can be kept there, 1 they can not, 64 wrong usage, 69
Redis is not reached, or ioredis not installed.
Of replay: 0 the same, 1 it differs, 64 wrong usage, 65 no recording or a broken
one, 66 the file can not be read.
`;
