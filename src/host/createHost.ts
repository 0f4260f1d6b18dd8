import type { IncomingMessage, ServerResponse } from 'node:http';
import { FetchPort } from '../http/fetchPort.ts';
import { NodePort } from '../adapters/nodePort.ts';
import { Services } from '../events/services.ts';
import { Supervisor } from '../actor/supervisor.ts';
import { randomFraction, randomId } from '../base/ids.ts';
import { single } from '../wire/headers.ts';
import type { ResponsePort } from '../wire/port.ts';
import type { CallerInfo, Host } from './host.ts';
import { type HostOptions, settleHost } from './hostOptions.ts';
import type { HostScope } from './hostScope.ts';
import { hostServices } from './hostServices.ts';
import { Admission } from './admission.ts';
import { headOf, type HostRequest } from './request.ts';
import type { ScopeActor } from './scopeActor.ts';
import { ScopeRefused } from './scopeRefused.ts';

/** Creates a host: it keeps one actor per user, tenant or browser session of your application. */
export function createHost<R>(options: HostOptions<R>): Host<R> {
  const settings = settleHost(options);
  const { clock, onCrash, shared: limits } = settings;
  const services = new Services({
    clock,
    limits,
    announceContent: false,
    random: randomFraction,
  });
  const supervisor = new Supervisor<ScopeActor>(services, { onCrash, createId: randomId });
  const shared = hostServices(settings.limits, options.open, services);
  const admission = new Admission(supervisor, shared, settings);
  const scopeOf = ({ scope }: ScopeActor): HostScope<R> => scope as HostScope<R>;

  /** Opens a stream on a port made in the same turn: the client can not have left in between. */
  const stream = async (
    request: HostRequest,
    known: CallerInfo | undefined,
    portOf: () => ResponsePort | undefined,
  ): Promise<void> => {
    const { feed, inbox, key } = await admission.find(request, known);
    if (feed.streams >= settings.limits.maxStreams) {
      services.tripped('maxStreams', key);
      throw admission.refused('at-capacity');
    }
    const port = portOf();
    if (port === undefined) return;
    const last = single(headOf(request), 'last-event-id');
    feed.stream(port, last, () => ['questions', inbox.questions]);
  };

  const events = async (request: Request, known?: CallerInfo): Promise<Response> => {
    const { signal } = request;
    let port: FetchPort | undefined;
    try {
      await stream(request, known, () => {
        return signal.aborted ? undefined : (port = new FetchPort(signal, []));
      });
    } catch (error) {
      if (error instanceof ScopeRefused) return error.toResponse();
      throw error;
    }
    return port?.response ?? new Response(null, { status: 499 });
  };

  const nodeEvents = async (
    request: IncomingMessage,
    response: ServerResponse,
    known?: CallerInfo,
  ): Promise<void> => {
    const port = new NodePort(response, []);
    try {
      await stream(request, known, () => (port.gone ? undefined : port));
    } catch (error) {
      if (!(error instanceof ScopeRefused)) throw error;
      const headers = ['Content-Type', 'application/json', ...error.headers.flat()];
      port.send(error.status, headers, JSON.stringify(error.body));
    }
  };

  let closed: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closed ??= supervisor.close().finally(() => {
      shared.unread.close();
      services.deadlines.stop();
    }));
  return {
    async enter(request, known) {
      const { actor, ...entered } = await admission.enter(request, known);
      return { scope: scopeOf(actor), ...entered };
    },
    find: async (request, known) => scopeOf(await admission.find(request, known)),
    events,
    nodeEvents,
    on: (name, listener) => services.events.on(name, listener),
    stats: () => ({ ...services.counters.copy(), inFlight: supervisor.inFlight }),
    get isReady() {
      return supervisor.isAdmitting;
    },
    drain: ({ deadlineMs }) => supervisor.drain(deadlineMs),
    close,
    [Symbol.asyncDispose]: close,
  };
}
