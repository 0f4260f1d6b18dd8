/** Waits from here on for a promise to fail. @returns its reason */
export function rejected(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`not rejected: ${String(value)}`);
    },
    (reason: unknown) => reason,
  );
}
