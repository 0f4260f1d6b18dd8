import type { Origin } from '../session/exchange.ts';
import type { SessionActor } from '../session/sessionActor.ts';
import type { Parcel } from '../wire/body.ts';
import type { RequestHead } from '../wire/headers.ts';
import type { RequestId } from '../wire/jsonrpc.ts';
import type { ResponsePort } from '../wire/port.ts';
import type { RefusalCode } from '../wire/refusals.ts';

/** A POST whose body is, or was, on its way to a session that is here. */
export interface Upload {
  readonly session: SessionActor;
  /** Of the session's uploads. */
  readonly number: number;
}

/** One request whose head passed the screen and whose body, for a POST, has been read. */
export interface Incoming {
  readonly origin: Origin;
  readonly principal: string | undefined;
  /** Of a POST. */
  readonly parcel: Parcel | undefined;
  readonly port: ResponsePort;
  /** Of a POST that named a session which was here when its head came. */
  readonly upload: Upload | undefined;
}

/** One era of the protocol: requests go to the first leg that claims them; sessions are the last. */
export interface Leg {
  claims(head: RequestHead, parcel: Parcel | undefined): boolean;
  serve(incoming: Incoming): void;
}

/** What a leg needs of its endpoint. */
export interface LegHost {
  /** Answers with an error, and counts it. */
  refuse(
    port: ResponsePort,
    code: RefusalCode,
    id?: RequestId,
    data?: Record<string, unknown>,
  ): void;
  /** Announces an error that is nobody's. @returns what the caller is told */
  failed(error: unknown): RefusalCode;
}
