/** The headers by which the server knows a user; none for the anonymous caller. */
export const bearerOf = (user) => (user === undefined ? {} : { authorization: `Bearer ${user}` });
