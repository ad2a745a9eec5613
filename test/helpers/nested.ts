export type Kind = 'objects' | 'lists' | 'maps' | 'not JSON' | 'linked list';

/** Objects in objects, so many levels of them. */
export function nest(kind: Kind, levels: number): unknown {
  if (kind === 'linked list') return linkedList(levels);
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = wrap(kind, value);
  return value;
}

function wrap(kind: Exclude<Kind, 'linked list'>, value: unknown): unknown {
  switch (kind) {
    case 'objects':
      return { value };
    case 'lists':
      return [value];
    case 'maps':
      return new Map([['key', value]]);
    case 'not JSON':
      return { value, nothing: undefined };
  }
}

/** Its nodes, each of which has the one before and the one behind. */
function linkedList(levels: number): unknown {
  interface Node {
    before?: Node | undefined;
    behind?: Node | undefined;
  }
  const nodes = Array.from({ length: levels - 1 }, (): Node => ({}));
  for (const [index, node] of nodes.entries()) {
    node.before = nodes[index - 1];
    node.behind = nodes[index + 1];
  }
  return nodes;
}
