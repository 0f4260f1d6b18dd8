/** Reads the `data` of each whole event of an event stream; an unfinished event is left out. */
export function eventData(text: string): string[] {
  const blocks = text.replaceAll(/\r\n?/g, '\n').split('\n\n').slice(0, -1);
  return blocks.flatMap((block) => {
    const lines = block.split('\n').filter((line) => /^data(:|$)/.test(line));
    const data = lines.map((line) => line.slice('data:'.length).replace(/^ /, '')).join('\n');
    // A comment, or an event that only primes a resumption, says nothing.
    return data === '' ? [] : [data];
  });
}
