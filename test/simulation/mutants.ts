import { register } from 'node:module';
import type { Mutant } from './mutant.ts';
import { STATELESS_MUTANTS } from './stateless/mutants.ts';

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  A1: {
    what: 'what a stream left unread when it ended is nobody’s account',
    changes: [
      {
        file: 'src/http/readers.ts',
        from: `      // Ended is not read: the bytes stay on the session's account.
      this.#unread.add(port);`,
        to: '',
      },
    ],
    finding: /holds \d+ bytes|are late/,
    seeds: [60, 400],
  },
  A2: {
    what: 'a pipelined answer that is cut keeps its bytes',
    changes: [
      {
        file: 'src/adapters/nodePort.ts',
        from: 'if (socket === null && !writableFinished) req.socket.destroy();',
        to: '',
      },
    ],
    finding: /holds \d+ bytes|are late/,
    seeds: [1, 300],
  },
  A4: {
    what: 'a comment is the head of a response that waits for its row',
    changes: [
      {
        file: 'src/http/readers.ts',
        from: `      // Not before: a comment on a response without a head is its head.
      this.#timers.keepAlive.arm(port);`,
        to: '',
      },
      {
        file: 'src/http/readers.ts',
        from: 'if (stream.held !== null) stream.begin = begin;',
        to: 'this.#timers.keepAlive.arm(port); if (stream.held !== null) stream.begin = begin;',
      },
    ],
    finding: /was written to when it was new/,
    seeds: [1, 300],
  },
  A5: {
    what: 'a row that is erased before it was stored waits all the same',
    changes: [
      {
        file: 'src/store/writer.ts',
        from: 'if (row.isTaken) work.rows.set(row.n, undefined);',
        to: 'if (this !== undefined) work.rows.set(row.n, undefined);',
      },
    ],
    finding: /changes of one session in one write/,
    seeds: [1, 300],
  },
  A8: {
    what: 'what encode throws in a deadline is nobody’s',
    changes: [
      {
        file: 'src/session/recordOf.ts',
        from: `  } catch (error) {
    services.events.emit('store.failed', { session: key, doing: 'put', error });
    return undefined;
  }`,
        to: '} finally {}',
      },
      {
        file: 'src/actor/actor.ts',
        from: `    Promise.resolve(promise)
      .then(go)
      .catch((error: unknown) => this.crash(error));`,
        to: 'void Promise.resolve(promise).then(go);',
      },
      {
        file: 'src/actor/lifetimes.ts',
        from: `  try {
    life.checkQuiet();
  } catch (error) {
    life.crash(error);
  }`,
        to: 'life.checkQuiet();',
      },
      {
        file: 'src/session/recordOf.ts',
        from: 'attempt(source, share, () => isPlainData(encoded(source, share.settings)));',
        to: 'arePlain(source);',
      },
    ],
    finding: /deadline|of nobody/,
    seeds: [60, 400],
  },
  R1: {
    what: 'after a kill, event ids go on from what was stored',
    changes: [
      {
        file: 'src/http/restoreStreams.ts',
        from: 'const base = baseOf(known);',
        to: 'baseOf(known); const base = known;',
      },
    ],
    finding: /names two events/,
    seeds: [1, 400],
  },
  ...STATELESS_MUTANTS,
};

/** Takes a mend out of all modules that are loaded from here on. */
export function takeOut(name: string): Mutant {
  const mutant = MUTANTS[name];
  if (mutant === undefined) throw new Error(`no mutant ${name}`);
  register('./mutantHooks.mjs', import.meta.url, { data: mutant.changes });
  return mutant;
}
