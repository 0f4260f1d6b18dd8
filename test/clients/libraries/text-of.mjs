/** The text of a result: a block a line. */
export const textOf = (content) => content.map(({ text }) => text).join('\n');
