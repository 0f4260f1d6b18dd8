import type { Random } from '../../simulation/random.ts';
import type { Scheduler } from '../../simulation/scheduler.ts';
import { Heard, type Hearing } from './heard.ts';
import type { SimProcess } from './simProcess.ts';
import { SimPort } from './simPort.ts';
import { Wire } from './wire.ts';

/** One request of HTTP. */
export interface HttpRequest {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly session?: string | undefined;
  readonly lastEventId?: string | undefined;
  readonly body?: unknown;
}

/** A request that is under way. */
export interface UnderWay {
  readonly heard: Heard;
  /** By which process; `undefined`: by none. */
  readonly by: string | undefined;
  /** The client waits no longer. */
  leave(): void;
}

export interface NetworkHost {
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** The processes that a balancer may choose. */
  processes(): readonly SimProcess[];
}

/** The clients' way to the cluster: a balancer that knows nothing of sessions. */
export class Network {
  readonly #host: NetworkHost;

  constructor(host: NetworkHost) {
    this.#host = host;
  }

  ask(request: HttpRequest, hearing: Hearing, besides?: string): UnderWay {
    const { scheduler, random } = this.#host;
    const heard = new Heard(hearing);
    const process = this.#pick(besides);
    if (process === undefined) {
      scheduler.add('refused', () => heard.broke(), scheduler.clock.now() + 1);
      return { heard, by: undefined, leave: () => heard.leave() };
    }
    const delayMs = (): number => 0.1 + random.next();
    const up = new Wire(scheduler, `client > ${process.name}`, delayMs);
    const down = new Wire(scheduler, `client < ${process.name}`, delayMs);
    const port = new SimPort(process, down, heard);
    process.whenDead(() => {
      up.break();
      down.break();
      scheduler.add('reset', () => heard.broke(), scheduler.clock.now() + 1);
    });
    const origin = { head: headOf(request), authInfo: undefined };
    const text = request.body === undefined ? '' : JSON.stringify(request.body);
    up.carry(() =>
      process.run(() => {
        process.endpoint.serve(origin, port, {
          read: (_, take) => take({ text }),
          discard: () => {},
        });
      }),
    );
    return {
      heard,
      by: process.name,
      leave: () => {
        heard.leave();
        if (!process.isDead) up.carry(() => process.run(() => port.left()));
      },
    };
  }

  /** A process that takes connections; now and then one that has none of it any more. */
  #pick(besides: string | undefined): SimProcess | undefined {
    const { random } = this.#host;
    const all = this.#host.processes();
    const open = all.filter((each) => each.isOpen && each.name !== besides);
    return random.chance(0.05) ? random.pick(all) : (random.pick(open) ?? random.pick(all));
  }
}

function headOf({ method, session, lastEventId }: HttpRequest) {
  const accept = method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream';
  return {
    method,
    headers: {
      host: 'localhost',
      accept,
      'content-type': method === 'POST' ? 'application/json' : undefined,
      'mcp-session-id': session,
      'mcp-protocol-version': session === undefined ? undefined : '2025-11-25',
      'last-event-id': lastEventId,
    },
  };
}
