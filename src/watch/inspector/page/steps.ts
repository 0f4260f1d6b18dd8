import type { Line, LineOf } from '../lines.ts';

/** How a line of a recording looks in a sequence: an arrow between two lives, or a note on one. */
export interface Step {
  readonly look: string;
  readonly from?: string;
  readonly to?: string;
  readonly text: string;
  /** The tool, prompt or resource that a message is about. */
  readonly name?: string | undefined;
  readonly bytes: number;
}

export function stepOf(line: Line): Step {
  switch (line.type) {
    case 'message':
    case 'upstream': {
      const outer = line.type === 'message' ? 'client' : 'upstream';
      const [from, to] = line.direction === 'in' ? [outer, 'server'] : ['server', outer];
      const { kind, name, bytes } = line;
      return { look: kind, from, to, text: nameOf(line), name, bytes };
    }
    case 'deadletter': {
      const from = line.direction === 'in' ? 'client' : 'server';
      const text = `✕ ${nameOf(line)} (${line.reason})`;
      return { look: 'dead', from, to: 'session', text, bytes: 0 };
    }
    case 'transition': {
      const { from, to, event } = line;
      return note('transition', from === to ? event.type : `${from} → ${to}  ·  ${event.type}`);
    }
    case 'call': {
      const { call, from, to, event } = line;
      return note('transition', `call ${call}: ${from} → ${to}  ·  ${event}`);
    }
    case 'handle': {
      const { kind, handle, from, to, event } = line;
      return note('transition', `${kind} ${handle}: ${from} → ${to}  ·  ${event.type}`);
    }
    case 'actor': {
      const { actor, from, to, event, tool } = line;
      const cause = tool === undefined ? event : `${event} by ${tool}`;
      return note('transition', `${actor}: ${from === '' ? '' : `${from} → `}${to}  ·  ${cause}`);
    }
    case 'handle-failed':
      return note('trouble', `${line.kind} ${line.handle} failed, ${line.error}`);
    case 'handle-ended':
      return note('end', `${line.kind} ${line.handle} ended: ${line.reason}`);
    case 'handle-kept':
      return note('end', `${line.kind} ${line.handle} is kept for the next process`);
    case 'started':
      return note('news', `started for ${line.principal}`);
    case 'slept':
      return note('news', 'asleep');
    case 'woken':
      return note('news', `woken (${line.cause}), incarnation ${line.epoch}`);
    case 'pinned':
      return note('news', `can not sleep: ${line.why}`);
    case 'crashed':
      return note('trouble', `${saidOf(line)}${line.restarted ? ', restarted' : ''}`);
    case 'orphan':
      return note('trouble', `${line.what} outlived it`);
    case 'question':
      return note('trouble', `${line.method} will not be answered: ${line.cause}`);
    case 'store':
      return note('trouble', `store: ${line.doing} failed, ${line.error}`);
    case 'limit':
      return note('trouble', `limit ${line.limit}`);
    case 'ended':
      return note('end', `ended: ${line.reason}`);
    case 'kept':
      return note('end', 'kept for the next process');
    case 'supervisor':
      return note('news', `supervisor ${line.from} → ${line.to}`);
    case 'chart':
    case 'header':
    case 'dropped':
    case 'end':
    default:
      return note('news', line.type);
  }
}

function note(look: string, text: string): Step {
  return { look, text, bytes: 0 };
}

/** What the error of a crash says in its first line; a recording has only the error's class. */
function saidOf({ text, error }: LineOf<'crashed'>): string {
  return text?.split('\n', 1)[0] ?? error;
}

function nameOf({ kind, method }: { readonly kind: string; readonly method?: string | undefined }) {
  if (kind === 'response') return method === undefined ? 'answer' : `answer · ${method}`;
  return method ?? kind;
}
