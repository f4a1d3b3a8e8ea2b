// The tree of groups and requests: sorted within each group, filtered by name, and flattened to lines of a table.
import type { Shown } from './select';

export interface Node {
  shown: Shown;
  name: string;
  /** The whole path, which names it in addresses and copies. */
  id: string;
  depth: number;
  children: Node[];
}

const SEPARATOR = '/';

export const idOf = (path: readonly string[]): string => path.join(SEPARATOR);

/** The tree of rows; the row of all requests is not in it. */
export function tree(rows: readonly Shown[]): Node[] {
  const roots: Node[] = [];
  const groups = new Map<string, Node>();
  const key = (path: readonly string[]) => JSON.stringify(path);
  const place = (node: Node, parent: readonly string[]) => {
    for (let length = parent.length; length > 0; length -= 1) {
      const group = groups.get(key(parent.slice(0, length)));
      if (group) {
        node.depth = group.depth + 1;
        group.children.push(node);
        return;
      }
    }
    roots.push(node);
  };
  const node = (shown: Shown): Node => ({
    shown, name: shown.row.path[shown.row.path.length - 1] ?? '', id: idOf(shown.row.path), depth: 0, children: [],
  });
  // Groups come in such an order that an outer one is before those within it.
  for (const shown of rows.filter((one) => one.row.kind === 'group')) {
    const group = node(shown);
    groups.set(key(shown.row.path), group);
    place(group, shown.row.path.slice(0, -1));
  }
  for (const shown of rows.filter((one) => one.row.kind === 'request')) place(node(shown), shown.row.path.slice(0, -1));
  return inProgramOrder(roots);
}

/** By the first request within: groups were placed before requests, whatever the order of the program. */
function inProgramOrder(nodes: Node[]): Node[] {
  const first = (node: Node): number =>
    node.shown.row.kind === 'request' ? node.shown.index : Math.min(Infinity, ...node.children.map(first));
  nodes.forEach((node) => (node.children = inProgramOrder(node.children)));
  return nodes.sort((a, b) => first(a) - first(b));
}

/** How rows are compared; null keeps the order of the program. */
export type Key = ((shown: Shown) => number | string | null) | null;

/** The lines of a table. A group stays where it has a match, and all within a group that matches stay. */
export function lines(
  roots: readonly Node[], filter: string, key: Key, descending: boolean, closed: ReadonlySet<string>,
): Node[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (node: Node) => words.every((word) => node.id.toLowerCase().includes(word));
  const visit = (nodes: readonly Node[], inside: boolean): Node[] => {
    const kept = nodes.filter((node) => inside || any(node, matches));
    const sorted = key ? [...kept].sort((a, b) => compare(key(a.shown), key(b.shown), descending)) : kept;
    return sorted.flatMap((node) => {
      const open = words.length > 0 || !closed.has(node.id);
      return [node, ...(open ? visit(node.children, inside || matches(node)) : [])];
    });
  };
  return visit(roots, words.length === 0);
}

function any(node: Node, matches: (node: Node) => boolean): boolean {
  return matches(node) || node.children.some((child) => any(child, matches));
}

/** What has no value comes last, whatever the direction. */
function compare(a: number | string | null, b: number | string | null, descending: boolean): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const order = typeof a === 'string' || typeof b === 'string' ? String(a).localeCompare(String(b)) : a - b;
  return descending ? -order : order;
}
