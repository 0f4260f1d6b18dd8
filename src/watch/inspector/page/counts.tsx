import { number } from './format.ts';

type CountsByName = Readonly<Record<string, number>>;

/** Counts by their names; those at zero are left out. */
export function Counts({
  title,
  counts = {},
}: {
  title: string;
  counts: CountsByName | undefined;
}) {
  const filled = Object.entries(counts).filter(([, count]) => count > 0);
  return (
    <section class="counts" aria-label={title}>
      <h3>{title}</h3>
      {filled.length === 0 ? (
        <p class="none">none</p>
      ) : (
        <dl>
          {filled.map(([name, count]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{number(count)}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
