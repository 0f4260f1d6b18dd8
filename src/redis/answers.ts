import { ActorsError } from '../base/errors.ts';

/** An answer of a script as a list. @throws ActorsError `store-unavailable` where it is none */
export function listOf(answer: unknown): readonly unknown[] {
  return Array.isArray(answer) ? answer : strange();
}

/** A text in an answer. @throws ActorsError `store-unavailable` where it is none */
export function textOf(answer: unknown): string {
  return Buffer.isBuffer(answer) ? answer.toString() : strange();
}

/** One of the words that an answer may be. @throws ActorsError `store-unavailable` for any other */
export function wordOf<W extends string>(answer: unknown, words: readonly W[]): W {
  const text = textOf(answer);
  return words.find((word) => word === text) ?? strange();
}

/** As many such words as were asked for. @throws ActorsError `store-unavailable` for anything else */
export function wordsOf<W extends string>(
  answer: readonly unknown[],
  count: number,
  words: readonly W[],
): readonly W[] {
  return answer.length === count ? answer.map((each) => wordOf(each, words)) : strange();
}

/** Bytes in an answer, or nothing. @throws ActorsError `store-unavailable` where it is neither */
export function bytesOf(answer: unknown): Buffer | undefined {
  if (answer === null || answer === undefined) return undefined;
  return Buffer.isBuffer(answer) ? answer : strange();
}

/** A number in an answer, as a number or as its text. @throws ActorsError `store-unavailable` */
export function numberOf(answer: unknown): number {
  const number = Buffer.isBuffer(answer) ? numberIn(answer.toString()) : answer;
  return typeof number === 'number' && !Number.isNaN(number) ? number : strange();
}

/** A number as Redis writes it, infinite ones too. */
export function numberIn(text: string): number {
  return Number(text.replace('inf', 'Infinity'));
}

function strange(): never {
  throw new ActorsError('store-unavailable', 'Redis has answered something else than was asked');
}
