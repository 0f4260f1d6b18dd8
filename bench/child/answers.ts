import type { Asked, Question, Reply } from './line.ts';

/** How a child answers each kind of question. */
export type Answers<Q extends Record<keyof Q, Asked>> = {
  [K in keyof Q]: (...args: [...Q[K]['ask']]) => Q[K]['answer'] | Promise<Q[K]['answer']>;
};

const tell = (reply: Reply): void => {
  process.send?.(reply);
};

/** Answers the parent's questions from here on, and says so. */
export function answerAll<Q extends Record<keyof Q, Asked>>(
  answers: Answers<Q>,
  ready: number,
): void {
  const answer = async ({ seq, kind, args }: Question): Promise<void> => {
    try {
      // The kind selects the function, so the arguments are its own; TypeScript loses that link.
      const give = answers[kind as keyof Q] as (...args: readonly unknown[]) => unknown;
      tell({ seq, answer: await give(...args) });
    } catch (error) {
      tell({ seq, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  };
  process.on('message', (question: Question) => void answer(question));
  // A parent that died leaves no child behind.
  process.on('disconnect', () => process.exit());
  tell({ ready });
}
