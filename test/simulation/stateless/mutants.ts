import type { Mutant } from '../mutant.ts';

const era = 'both';

/** Mends of the stateless revision that are taken out again. */
export const STATELESS_MUTANTS: Readonly<Record<string, Mutant>> = {
  M1: {
    era,
    what: 'a token is claimed by everybody who has it',
    changes: [
      {
        file: 'src/modern/calls.ts',
        from: 'if (call === undefined || call.round !== r) return INVALID;',
        to: 'if (call === undefined) return INVALID;',
      },
      {
        file: 'src/modern/calls.ts',
        from: `    this.leave(call);
    this.#services.counters.modern.claimed++;`,
        to: '',
      },
    ],
    finding: /claimed twice|goes on twice|is never answered|runs for nobody/,
    seeds: [1, 200],
  },
  M2: {
    era,
    what: 'a token is whose it was made for, and anybody else’s',
    changes: [
      { file: 'src/modern/calls.ts', from: 'if (p !== this.#whose(principal) || d', to: 'if (d' },
    ],
    finding: /for a stolen token|runs for/,
    seeds: [1, 200],
  },
  M3: {
    era,
    what: 'a task is told to whoever has its id',
    changes: [
      {
        file: 'src/modern/tasks.ts',
        from: 'return task?.principal === principal ? task : undefined;',
        to: 'return principal === null ? undefined : task;',
      },
    ],
    finding: /is told to|tasks\/\w+ of \w+ by|follows \w+'s task/,
    seeds: [1, 200],
  },
  M4: {
    era,
    what: 'the client of a task is told before the store has the task',
    changes: [
      {
        file: 'src/modern/tasks.ts',
        from: 'if (stored === undefined) return call.become(task);',
        to: 'if (task !== undefined) return call.become(task);',
      },
    ],
    finding: /is told \(undefined\), and the disk has undefined|is unknown/,
    seeds: [1, 200],
  },
  M5: {
    era,
    what: 'a home is found by what the user’s function names, whoever asks',
    changes: [
      {
        file: 'src/modern/homes.ts',
        from: "const id = this.#ids.of(scope, scope === 'shared' ? undefined : principal, name);",
        to: 'const id = this.#ids.of(scope, undefined, name);',
      },
      {
        file: 'src/modern/homes.ts',
        from: `const principal = scope === 'shared' ? undefined : visitor.principal;
    const session`,
        to: `const principal = undefined;
    const session`,
      },
      {
        file: 'src/modern/homes.ts',
        from: `const principal = scope === 'shared' ? undefined : visitor.principal;
    const resident`,
        to: `const principal = undefined;
    const resident`,
      },
    ],
    finding: /of (ann|bob|eve) runs for nobody/,
    seeds: [1, 200],
  },
  M6: {
    era,
    what: 'a handle is whoever’s has its id',
    changes: [
      {
        file: 'src/handles/holder.ts',
        from: 'return handle.principal === principal && isOfSession;',
        to: 'return isOfSession || handle.principal === principal;',
      },
    ],
    finding: /is used by|is ended by/,
    seeds: [1, 200],
  },
  M7: {
    era,
    what: 'a question that nobody can answer any more keeps its session in use',
    changes: [
      {
        file: 'src/modern/call.ts',
        from: "refuse(this.#inputs.drop(), 'call-lost');",
        to: '',
      },
    ],
    finding: /total live for ever/,
    seeds: [100, 100],
  },
  M8: {
    era,
    what: 'a change that outlives its session stores what is over',
    changes: [
      {
        file: 'src/session/persistence.ts',
        from: 'this.#forgotten ??= this.#isUsed && !this.isLost ? this.#keeper.forget(this) : DONE;',
        to: 'if (this.#isUsed) this.#forgotten ??= this.#keeper.forget(this); else return;',
      },
    ],
    finding: /records live for ever/,
    seeds: [8_000_911, 1],
  },
};
