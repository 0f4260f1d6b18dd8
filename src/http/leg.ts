import type { Origin } from '../session/exchange.ts';
import type { Parcel } from '../wire/body.ts';
import type { RequestHead } from '../wire/headers.ts';
import type { RequestId } from '../wire/jsonrpc.ts';
import type { ResponsePort } from '../wire/port.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import type { Upload } from './upload.ts';

/** One request whose head passed the screen and whose body, for a POST, has been read. */
export interface Incoming {
  readonly origin: Origin;
  readonly principal: string | undefined;
  /** The body of a POST; `undefined` for other methods. */
  readonly parcel: Parcel | undefined;
  readonly port: ResponsePort;
  /** Which session was found for the body of a POST before the body was whole, if one was. */
  readonly upload: Pick<Upload, 'session' | 'number'> | undefined;
}

/** One era of the protocol. The first leg that takes a request serves it; sessions come last. */
export interface Leg {
  /** The bodies that go with such a head belong to no session; left out where none do. */
  isStateless?(head: RequestHead): boolean;
  /** Serves a request; `false`: the request is of another era. */
  serve(incoming: Incoming): boolean;
}

/** What a leg needs of the endpoint. */
export interface LegHost {
  /** Answers a request with an error, and counts it. */
  refuse(
    port: ResponsePort,
    code: RefusalCode,
    id?: RequestId,
    data?: Record<string, unknown>,
  ): void;
  /** Announces an error that belongs to no session. @returns the refusal for the caller */
  failed(error: unknown): RefusalCode;
}
