import type { Driver } from '../driver.ts';
import {
  type SessionExpectation,
  sessionModel,
  type SessionState,
  type SessionStimulus,
} from '../sessionModel.ts';
import { HTTP_EVENTS } from './httpEvents.ts';
import { HTTP_EXPECTATIONS } from './httpExpectations.ts';
import { checkOptions, type HttpDriverOptions } from './httpOptions.ts';
import { HttpRun } from './httpRun.ts';
import { HTTP_STATES } from './httpStates.ts';

/** A driver that walks the session model over HTTP. */
export type HttpDriver = Driver<SessionState, SessionStimulus, SessionExpectation, HttpRun>;

/**
 * Drives any MCP server with sessions over Streamable HTTP: real requests, read to the last byte.
 * Each path begins with a client of its own.
 *
 * @throws ActorsError `bad-option` where something the model needs is neither given nor, with a
 * reason, left out
 */
export function httpDriver(options: HttpDriverOptions): HttpDriver {
  checkOptions(options);
  const { name = String(options.url), without = {} } = options;
  const reasons = Object.entries(without).filter(([, reason]) => reason !== undefined);
  return {
    name,
    model: sessionModel,
    without: Object.fromEntries(reasons),
    begin: () => new HttpRun(options),
    end: (run) => run.end(),
    events: HTTP_EVENTS,
    expectations: HTTP_EXPECTATIONS,
    states: HTTP_STATES,
  };
}
