/** An error without the command it is of: that has a password in it, or what a session holds. */
export function discreet<E>(error: E): E {
  if (error instanceof Error) Reflect.deleteProperty(error, 'command');
  return error;
}
