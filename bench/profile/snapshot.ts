/** Objects of one kind: how many there are, and the bytes they take themselves. */
export interface Kind {
  readonly name: string;
  count: number;
  bytes: number;
}

export interface HeapSnapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[];
      readonly node_types: readonly [readonly string[], ...unknown[]];
      readonly edge_fields: readonly string[];
      readonly edge_types: readonly [readonly string[], ...unknown[]];
    };
  };
  readonly nodes: readonly number[];
  readonly edges: readonly number[];
  readonly strings: readonly string[];
}

const at = (list: readonly number[], index: number): number => list[index] ?? 0;

/** Kinds by constructor; plain objects and closures' contexts by the names they hold. */
export function summary({ snapshot: { meta }, nodes, edges, strings }: HeapSnapshot) {
  const field = (name: string): number => meta.node_fields.indexOf(name);
  const [type, title, size, edgeCount] = ['type', 'name', 'self_size', 'edge_count'].map(field) as [
    number,
    number,
    number,
    number,
  ];
  const nodeWidth = meta.node_fields.length;
  const edgeWidth = meta.edge_fields.length;
  const nodeTypes = meta.node_types[0];
  const edgeTypes = meta.edge_types[0];
  const text = (index: number): string => strings[index] ?? '';

  const held = (edge: number, count: number): string => {
    const names: string[] = [];
    for (let i = 0; i < count && names.length < 6; i++, edge += edgeWidth) {
      const kind = edgeTypes[at(edges, edge)];
      const name = text(at(edges, edge + 1));
      if (kind === 'context' || (kind === 'property' && name !== '__proto__')) names.push(name);
    }
    return names.join(',');
  };

  const kinds = new Map<string, Kind>();
  let edge = 0;
  for (let node = 0; node < nodes.length; node += nodeWidth) {
    const kindOfNode = nodeTypes[at(nodes, node + type)] ?? '';
    let name = `${kindOfNode}: ${text(at(nodes, node + title))}`;
    const count = at(nodes, node + edgeCount);
    if (kindOfNode.includes('string')) name = kindOfNode;
    else if (kindOfNode === 'number') name = kindOfNode;
    else if (name === 'object: Object' || name === 'object: system / Context') {
      name += ` {${held(edge, count)}}`;
    }
    edge += count * edgeWidth;
    const kind = kinds.get(name) ?? { name, count: 0, bytes: 0 };
    kind.count++;
    kind.bytes += at(nodes, node + size);
    kinds.set(name, kind);
  }
  return kinds;
}

/** What came in between, for each session, largest first. */
export function growth(before: Map<string, Kind>, after: Map<string, Kind>, sessions: number) {
  const grown: Kind[] = [];
  for (const { name, count, bytes } of after.values()) {
    const was = before.get(name);
    grown.push({
      name,
      count: (count - (was?.count ?? 0)) / sessions,
      bytes: (bytes - (was?.bytes ?? 0)) / sessions,
    });
  }
  return grown.filter(({ bytes }) => bytes >= 8).toSorted((a, b) => b.bytes - a.bytes);
}
