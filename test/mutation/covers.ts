const LIVES = [
  'test/actor/actor.test.ts',
  'test/actor/attached.test.ts',
  'test/actor/ownKind.test.ts',
  'test/actor/supervisor.test.ts',
];
const MAILBOX = [
  'test/session/{bounds,heldAnswers,mailbox,principalWork,requestEvents}.test.ts',
  'test/wire/rows/{cancellation,quickCancel}.test.ts',
];
const MODERN = ['test/modern/{calls,classify,homes,parked,seal,tasks,waiting}.test.ts'];
const STREAMS = [
  'test/http/{backpressure,comeback,eventLog,heldStreams,keepAlive,lines,outbox,recall,replay,takeovers,unread,unreadBudget}.test.ts',
];
/** The files whose lines are mutated, and the tests that are to notice. */
export const COVERS: Readonly<Record<string, readonly string[]>> = {
  'machines/supervisor.ts': ['test/machines/*.test.ts', ...LIVES],
  'machines/step.ts': ['test/machines/*.test.ts', ...LIVES],
  'machines/call.ts': ['test/machines/*.test.ts', 'test/modern/{parked,tasks}.test.ts'],
  'machines/session.ts': ['test/machines/*.test.ts', ...LIVES, 'test/sleep/sleep.test.ts'],
  'src/session/mailbox.ts': MAILBOX,
  'src/session/asks.ts': MAILBOX,
  'src/session/outgoing.ts': [
    'test/session/{connection,flood,outgoing,questions,sessionHandle}.test.ts',
  ],
  'src/actor/actor.ts': [...LIVES, 'test/actor/floods.test.ts'],
  'src/actor/supervisor.ts': LIVES,
  'src/actor/places.ts': [...LIVES, 'test/actor/places.test.ts'],
  'src/store/writer.ts': [
    'test/store/{commits,writer,writerRows}.test.ts',
    'test/sleep/trouble.test.ts',
  ],
  'src/store/keeper.ts': ['test/sleep/{damage,durable,numbers,trouble}.test.ts'],
  'src/http/outbox.ts': STREAMS,
  'src/http/readers.ts': STREAMS,
  'src/http/unread.ts': STREAMS,
  'src/http/unreadBudget.ts': ['test/http/{unread,unreadBudget}.test.ts'],
  'src/modern/seal.ts': ['test/modern/{parked,seal}.test.ts'],
  'src/modern/calls.ts': ['test/modern/{calls,parked}.test.ts'],
  'src/modern/call.ts': MODERN,
  'src/modern/classify.ts': ['test/modern/{classify,clients,homes}.test.ts'],
  'src/base/deadlines.ts': ['test/base/deadlines.test.ts'],
  'src/base/byteBudget.ts': ['test/base/byteBudget.test.ts'],
  'src/base/scope.ts': [
    'test/base/scope.test.ts',
    'test/session/{lazyResource,ownedChild}.test.ts',
  ],
  'src/base/within.ts': ['test/base/within.test.ts'],
};
