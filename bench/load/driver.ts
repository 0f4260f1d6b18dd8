export interface Count {
  readonly count: number;
  readonly ms: number;
}

/** Does the work of one visit to a contender. */
export interface Visit {
  /** Opens sessions over all connections at once; they stay open. */
  open(count: number): Promise<void>;
  /** One checked call on each session that this visit has opened. */
  callEach(): Promise<void>;
  /** Every connection calls without pause, the sessions in turn, until the time is over. */
  callFor(ms: number): Promise<Count>;
  /** Every connection opens and closes one session after the other until the time is over. */
  churnFor(ms: number): Promise<Count>;
}

/** The clients of one contender: their sessions stay, their connections come and go. */
export interface Visitors {
  readonly hasSessions: boolean;
  /** Lends connections to some work, and hangs up afterwards. */
  visit<T>(connections: number, work: (visit: Visit) => Promise<T>): Promise<T>;
  /** Hangs up for good. */
  leave(): void;
}

/** Calls one session from one place. Callbacks: a driver must cost less than any server. */
type Send<P, S> = (
  place: P,
  session: S,
  id: number,
  text: string,
  done: () => void,
  failed: (error: Error) => void,
) => void;

let lastCall = 0;

/** See {@link Visit.callFor}: each place calls, the sessions in turn. */
export function callFor<P, S>(
  places: readonly P[],
  sessions: readonly S[],
  ms: number,
  send: Send<P, S>,
): Promise<Count> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    let count = 0;
    let turn = 0;
    let working = places.length;

    const next = (place: P): void => {
      const spent = performance.now() - start;
      if (spent >= ms) {
        if (--working === 0) resolve({ count, ms: spent });
        return;
      }
      const at = turn++ % sessions.length;
      const id = ++lastCall;
      const done = (): void => {
        count++;
        next(place);
      };
      // `at` is within bounds by the modulo.
      send(place, sessions[at] as S, id, `session-${at}-call-${id}`, done, reject);
    };
    for (const place of places) next(place);
  });
}

/** See {@link Visit.callEach}. */
export async function callEach<P, S>(
  places: readonly P[],
  sessions: readonly S[],
  send: Send<P, S>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    places.map(async (place) => {
      for (let session = sessions[next++]; session; session = sessions[next++]) {
        const [id, one] = [++lastCall, session];
        await new Promise<void>((done, failed) => send(place, one, id, `once-${id}`, done, failed));
      }
    }),
  );
}

/** See {@link Visit.open}. */
export async function openSessions<P, S>(
  places: readonly P[],
  count: number,
  open: (place: P) => Promise<S>,
): Promise<S[]> {
  const sessions: S[] = [];
  let left = count;
  await Promise.all(
    places.map(async (place) => {
      while (left-- > 0) sessions.push(await open(place));
    }),
  );
  return sessions;
}

/** See {@link Visit.churnFor}. @param once opens a session and closes it */
export async function churnFor<P>(
  places: readonly P[],
  ms: number,
  once: (place: P) => Promise<void>,
): Promise<Count> {
  const start = performance.now();
  let count = 0;
  await Promise.all(
    places.map(async (place) => {
      while (performance.now() - start < ms) {
        await once(place);
        count++;
      }
    }),
  );
  return { count, ms: performance.now() - start };
}
