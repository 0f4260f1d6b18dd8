import * as fc from 'fast-check';

/** How a hook of the host behaves, one call after the other, again and again. */
export type HookManner = 'quick' | 'slow' | 'refuses' | 'throws';

/** What is the same for all of one history. */
export interface Setting {
  /** Decides what a faulty store does. */
  readonly seed: number;
  readonly onCrash: 'evict' | 'restart';
  readonly maxSessions: number;
  readonly maxSleeping: number;
  readonly responseMode: 'auto' | 'sse';
  /** `onSleep`; none where it is empty. */
  readonly onSleep: readonly HookManner[];
  readonly onWake: readonly HookManner[];
  /** State goes through `encode` and `decode`. */
  readonly serializes: boolean;
  /** Everybody leaves and time passes, or the process ends with the sessions there are. */
  readonly ending: 'expire' | 'drain' | 'close';
}

const WEIGHTS = {
  open: 4,
  'open half': 1,
  confirm: 1,
  echo: 6,
  add: 6,
  'add slowly': 3,
  read: 4,
  hold: 5,
  talk: 3,
  own: 1,
  level: 2,
  boom: 3,
  burst: 1,
  twice: 2,
  note: 2,
  ping: 1,
  cancel: 3,
  answer: 7,
  say: 5,
  tell: 2,
  update: 3,
  ask: 5,
  'ask related': 2,
  respond: 5,
  attach: 6,
  leave: 3,
  resume: 5,
  cut: 4,
  'resume call': 5,
  trespass: 2,
  delete: 2,
  'close by hand': 1,
  evict: 1,
  'evict principal': 1,
  wake: 1,
  elapse: 24,
  faults: 4,
  heal: 5,
  damage: 1,
  drain: 2,
  kill: 4,
} as const;

export type Deed = keyof typeof WEIGHTS;

/** One thing that is done; `who` and `which` pick among what there is. */
export interface Step {
  readonly deed: Deed;
  readonly who: number;
  readonly which: number;
  /** How much of it has happened before the next. */
  readonly pause: 'at once' | 'a turn' | 'all';
}

/** Long enough for every retry of what a store refused. */
export const RECOVERY_MS = 3000;

/** Short of each deadline, or beyond it. */
export const TIMES = [20, 60, 300, 1100, 2500, 6200, 6200, 15_000, 43_000, 68_000];

const steps: fc.Arbitrary<Step> = fc.record({
  deed: fc.oneof(
    ...Object.entries(WEIGHTS).map(([deed, weight]) => ({
      weight,
      // The keys of the table are the deeds.
      arbitrary: fc.constant(deed as Deed),
    })),
  ),
  who: fc.nat(2),
  which: fc.nat(9),
  pause: fc.constantFrom('at once', 'a turn', 'all', 'all'),
});

/** A deed, and for some which one it is. */
type Line = Deed | readonly [Deed, number];

const SOON: Line = ['elapse', 1];
const QUIET: Line = ['elapse', 3];
const ASLEEP: Line = ['elapse', 7];
const FAILING: Line = ['faults', 2];

/** What takes several deeds to one session, and comes about by chance only now and then. */
const SCENES: readonly (readonly Line[])[] = [
  ['hold', SOON, 'cut', 'answer', 'resume call'],
  ['hold', SOON, 'cut', 'answer', 'kill', 'resume call'],
  ['hold', SOON, 'kill', 'resume call', 'kill', 'resume call'],
  ['talk', SOON, 'cut', 'resume call', 'answer'],
  ['attach', 'say', 'say', 'leave', 'say', 'resume', 'say'],
  ['attach', 'say', 'kill', 'resume', 'echo', 'say'],
  ['attach', 'ask', 'boom', 'ask', 'respond', 'respond'],
  ['attach', 'ask', 'kill', 'attach', 'echo', 'ask', 'respond', 'respond'],
  ['attach', ASLEEP, 'attach', 'read', 'say'],
  ['add', ASLEEP, 'attach', 'leave', 'read'],
  ['add', ASLEEP, 'twice', 'read', 'delete', 'attach'],
  ['add', ASLEEP, 'update', 'kill', 'read'],
  ['own', ASLEEP, 'burst', 'read'],
  ['level', ASLEEP, 'echo', 'boom', 'echo'],
  [QUIET, 'open', 'open', 'note', 'echo', 'open'],
  [ASLEEP, 'trespass', 'trespass', 'trespass', 'echo'],
  [FAILING, 'add', 'hold', 'heal', ASLEEP, 'kill', 'read'],
  [FAILING, 'delete', ['heal', 0], ['elapse', 4], 'kill', 'echo'],
  ['kill', 'open', 'echo', 'echo'],
  [ASLEEP, 'echo', 'drain', 'echo'],
];

const scenes: fc.Arbitrary<Step[]> = fc
  .record({ scene: fc.constantFrom(...SCENES), like: steps })
  .map(({ scene, like }) =>
    scene.map((line) =>
      typeof line === 'string'
        ? { ...like, deed: line }
        : { ...like, deed: line[0], which: line[1] },
    ),
  );

/** @param most parts: deeds, and scenes of several */
export const histories = (most: number): fc.Arbitrary<Step[]> =>
  fc
    .array(
      fc.oneof(
        { weight: 9, arbitrary: steps.map((step) => [step]) },
        { weight: 1, arbitrary: scenes },
      ),
      { minLength: 5, maxLength: most, size: 'max' },
    )
    .map((parts) => parts.flat());

const manners = (...all: HookManner[]): fc.Arbitrary<HookManner[]> =>
  fc.oneof(
    fc.constant<HookManner[]>([]),
    fc.constant<HookManner[]>(['quick']),
    fc.array(fc.constantFrom(...all), { minLength: 1, maxLength: 3 }),
  );

export const settings: fc.Arbitrary<Setting> = fc.record({
  seed: fc.nat(1_000_000),
  onCrash: fc.constantFrom('restart', 'restart', 'evict'),
  maxSessions: fc.constantFrom(100, 100, 3, 2),
  maxSleeping: fc.constantFrom(1000, 1000, 2),
  responseMode: fc.constantFrom('auto', 'auto', 'sse'),
  onSleep: manners('quick', 'quick', 'slow', 'slow', 'refuses', 'throws'),
  onWake: manners('quick', 'quick', 'slow', 'throws'),
  serializes: fc.boolean(),
  ending: fc.constantFrom('expire', 'drain', 'close'),
});
