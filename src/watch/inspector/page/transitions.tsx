import { useMemo } from 'preact/hooks';

/** What a chart says of its lines to whoever points at them, as text: not everybody can point. */
export function Transitions({ svg }: { readonly svg: string }) {
  const transitions = useMemo(() => transitionsOf(svg), [svg]);
  return (
    <details class="transitions">
      <summary>Transitions</summary>
      <div role="region" aria-label="Transitions" tabIndex={0}>
        <dl>
          {transitions.map(({ source, target, details }, i) => (
            <div key={i}>
              <dt>
                {source} → {target}
              </dt>
              <dd>{details}</dd>
            </div>
          ))}
        </dl>
      </div>
    </details>
  );
}

function transitionsOf(svg: string) {
  const chart = new DOMParser().parseFromString(svg, 'image/svg+xml');
  return Array.from(chart.querySelectorAll<SVGElement>('.edge'), (edge) => ({
    // Transitions of the machine itself begin in no state of their own.
    source: edge.dataset['source'] || 'any state',
    target: edge.dataset['target'],
    details: edge.querySelector('title')?.textContent,
  }));
}
