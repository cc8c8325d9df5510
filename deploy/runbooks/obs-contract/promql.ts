import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

/** A series selector inside a query. */
export interface Selector {
  readonly metric: string;
  /** As written, without range and offset: `up{job="techno"}`. */
  readonly text: string;
}

const COMPARISONS = new Set(['Eql', 'EqlC', 'EqlSingle', 'Neq', 'Lss', 'Lte', 'Gtr', 'Gte']);

/** Prometheus' own grammar. Nothing where the query is not PromQL. */
function rootOf(query: string): SyntaxNode | undefined {
  const tree = parser.parse(query);
  let broken = false;
  tree.iterate({ enter: (node) => void (broken ||= node.type.isError) });
  return broken ? undefined : tree.topNode;
}

export function isPromql(query: string): boolean {
  return rootOf(query) !== undefined;
}

/** Every selector in a query, each once. */
export function selectorsOf(query: string): Selector[] {
  const found = new Map<string, Selector>();
  rootOf(query)
    ?.cursor()
    .iterate((node) => {
      if (node.name !== 'VectorSelector') return;
      const text = query.slice(node.from, node.to);
      const metric = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(text)?.[0] ?? '';
      found.set(text, { metric, text });
    });
  return [...found.values()];
}

/**
 * What has to have a value for an alert's query to be able to fire: its sides without the comparison that decides, for such
 * a query gives nothing as long as all is well.
 */
export function sidesOf(query: string): string[] {
  const root = rootOf(query);
  const expression = root?.firstChild;
  return expression === undefined || expression === null ? [query] : sidesOfNode(expression, query);
}

function sidesOfNode(node: SyntaxNode, query: string): string[] {
  const text = query.slice(node.from, node.to);
  if (node.name === 'ParenExpr') {
    const inner = node.firstChild?.nextSibling ?? node.firstChild;
    return inner ? sidesOfNode(inner, query) : [text];
  }
  // What it was before the run began is not known; what it is now, is.
  if (node.name === 'OffsetExpr') return node.firstChild === null ? [text] : sidesOfNode(node.firstChild, query);
  // `absent(x)` has a value only where x has none.
  if (node.name === 'FunctionCall' && text.startsWith('absent')) return [];
  if (node.name !== 'BinaryExpr') return [text];
  const [left, right] = [node.firstChild, node.lastChild];
  if (left === null || right === null) return [text];
  if (node.getChild('And') ?? node.getChild('Or')) return [...sidesOfNode(left, query), ...sidesOfNode(right, query)];
  // What is taken away may be nothing.
  if (node.getChild('Unless')) return sidesOfNode(left, query);
  const compares = [...COMPARISONS].some((name) => node.getChild(name) !== null) && node.getChild('BoolModifier') === null;
  return compares ? sidesOfNode(left, query) : [text];
}
