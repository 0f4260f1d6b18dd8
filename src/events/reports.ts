import { host } from '../base/builtin.ts';
import type { ClockShift, RuntimeEvents, Unstorable } from './events.ts';
import type { EventStream } from './eventStream.ts';

/** Most causes that one runtime reports: an error may have another text each time. */
const MAX_CAUSES = 64;
/** Most hosts and origins among them. */
const MAX_STRANGERS = 8;

/** Says something to people: the type of a warning, its text, and where in the program it began. */
type Say = (type: string, text: string, detail: string | undefined) => void;

/**
 * Reports what went wrong to whoever runs the process, as warnings of the process: once for each
 * cause, whoever else listens, so that nothing passes in silence and watching changes nothing.
 */
export function reportTroubles(events: EventStream): void {
  const causes = new Set<string>();
  const say: Say = (type, text, detail) => {
    const cause = `${type} ${detail === undefined ? text : framesOf(detail)}`;
    if (causes.has(cause) || causes.size === MAX_CAUSES) return;
    causes.add(cause);
    const isLast = causes.size === MAX_CAUSES;
    host?.emitWarning?.(isLast ? `${text} (further causes are not reported)` : text, {
      type,
      ...(detail !== undefined && { detail }),
    });
  };
  const failed = (type: string, what: string, error: unknown): void => {
    say(type, `${what}: ${textOf(error)}`, error instanceof Error ? error.stack : undefined);
  };
  events.on('session.crashed', ({ session, error }) => {
    failed('SessionCrashed', `session ${session} crashed`, error);
  });
  events.on('handle.failed', ({ kind, handle, error }) => {
    failed('HandleFailed', `${kind} ${handle} failed`, error);
  });
  events.on('handle.unstorable', ({ kind }) => say('HandleUnstorable', unkept(kind), undefined));
  events.on('error.escaped', ({ session = 'no session', error, why }) => {
    // The end of the process is reported by itself.
    if (why === 'uncaught') return;
    const whose =
      why === 'defect' ? 'mcp-actors' : `session ${session}, which has nothing in flight`;
    failed('ErrorEscaped', `an error escaped from ${whose}`, error);
  });
  events.on('endpoint.failed', ({ error }) => failed('EndpointFailed', 'a request failed', error));
  events.on('store.failed', ({ doing, error }) => failed('StoreFailed', `store: ${doing}`, error));
  events.on('cluster.failed', ({ error }) => failed('ClusterFailed', 'cluster', error));
  events.on('cluster.refused', ({ why }) => {
    say('ClusterRefused', `a message of another process was refused: ${why}`, undefined);
  });
  events.on('observer.failed', ({ event, error }) => {
    failed('ObserverFailed', `a listener of ${event} threw`, error);
  });
  events.on('session.orphan', ({ session, what, error }) => {
    // Without an error it is a request that was cut, which its client was told.
    if (error !== undefined) failed('SessionOrphan', `session ${session} left a ${what}`, error);
  });
  // Strangers can make up any number of names: the other causes keep their place.
  let strangers = 0;
  events.on('caller.foreign', (stranger) => {
    const text = strangerText(stranger);
    if (causes.has(`CallerForeign ${text}`) || ++strangers > MAX_STRANGERS) return;
    say('CallerForeign', text, undefined);
  });
  events.on('principal.shared', () => say('PrincipalShared', SHARED, undefined));
  events.on('revocation.missed', () => say('RevocationMissed', MISSED, undefined));
  events.on('clock.shifted', (shift) => say('ClockShifted', shiftText(shift), undefined));
  events.on('session.unstorable', ({ what, local }) => {
    say('SessionUnstorable', LOSSES[what](local ?? 'an unknown place'), undefined);
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The frames of a stack: texts of one cause may differ by a number, its frames do not. */
function framesOf(stack: string): string {
  const at = stack.indexOf('\n    at ');
  return at === -1 ? stack : stack.slice(at);
}

/** What a name may be made of to be shown: the rest could write into a log what is not so. */
const SHOWN = /^[\w.:[\]/-]{1,255}$/;

function strangerText({ option, name }: RuntimeEvents['caller.foreign']): string {
  const shown = SHOWN.test(name) ? name : 'that is no name';
  const whose = option === 'allowedHosts' ? 'for host' : 'from origin';
  return `a request ${whose} ${shown} was refused: ${option} does not have it`;
}

/** Swedish dates are those of ISO 8601. */
const ISO = new Intl.DateTimeFormat('sv-SE', {
  dateStyle: 'short',
  timeStyle: 'medium',
  timeZone: 'UTC',
});

function shiftText({ seen, now, byMs }: ClockShift): string {
  const [last, start] = [seen, now].map((at) => `${ISO.format(at).replace(' ', 'T')}Z`);
  const how = byMs > 0 ? 'later' : 'earlier';
  return `The session store was last open at ${last}, and it is ${start} now: nobody had it open, or a clock was wrong. Its sessions keep the time they had left, and end ${Math.round(Math.abs(byMs) / 1000)} s ${how}.`;
}

const SHARED =
  "callers come with a clientId and without extra.sub: all users of an application are one principal, share its quota, and can use each other's sessions. Give authInfo.extra.sub, or the option principal.";

const MISSED =
  'evictPrincipal found no session. It takes a principal as session.principal has it, or as lists and events show it; by default the subject of authInfo, with an issuer JSON.stringify([issuer, subject]).';

function unkept(kind: string): string {
  return `The input or the state of a ${kind} is not plain data: the store keeps nothing of it, and it is lost with this process.`;
}

type Told = (local: string) => string;

const LOSSES: Readonly<Record<Unstorable, Told>> = {
  state: () =>
    'session.state is not plain data: the store keeps nothing of such a session, which ends with this process. The options state.encode and state.decode make plain data of it.',
  nameless: (place) =>
    `The sessionLocal made at ${place} has no name: the store keeps sessions without its value, which is lost with this process. It is kept as sessionLocal(init, { name }).`,
  actor: (id) =>
    `The actor ${JSON.stringify(id)} of a session can not be stored: something below it has no name, its context is not plain data, or no factory makes it. It is lost with this process, or is lost already.`,
  local: (name) =>
    `The value of the sessionLocal ${JSON.stringify(name)} is not plain data: the store keeps sessions without it, and it is lost with this process. What can not be plain data is for session.own.`,
};
