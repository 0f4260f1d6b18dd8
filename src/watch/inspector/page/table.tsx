import type { ComponentChildren } from 'preact';

interface TableProps {
  readonly title: string;
  /** Heads of the columns. */
  readonly head: readonly string[];
  /** The rows. */
  readonly children: ComponentChildren;
}

/** A table that scrolls in its pane, under heads that stay. */
export function Table({ title, head, children }: TableProps) {
  return (
    <div class="scroll" role="region" aria-label={title} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {head.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
