import type { Line } from '../lines.ts';
import { timeOf } from './format.ts';

/** The last crash of a session, with the text of its error where that is known. */
export function Crash({ lines }: { readonly lines: readonly Line[] }) {
  const line = lines.findLast(({ type }) => type === 'crashed');
  if (line?.type !== 'crashed') return null;
  return (
    <section class="crash" aria-label="Crash">
      <h3>
        crashed at {timeOf(line.at)}
        {line.restarted && ', restarted'}
      </h3>
      <pre tabIndex={0}>{line.text ?? line.error}</pre>
    </section>
  );
}
