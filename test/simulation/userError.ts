/** An error of the user's own code: any other that gets out is the library's. */
export class UserError extends Error {
  override readonly name = 'UserError';
}
