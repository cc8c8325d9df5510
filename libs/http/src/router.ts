import { StartupError } from '@techno/kernel';

import { type Route, pathParameters } from './route.ts';

export interface Match<R> {
  readonly route: R;
  /** Still percent-encoded, by name. */
  readonly params: Readonly<Record<string, string>>;
}

export type Found<R> = Match<R> | { readonly allow: string } | undefined;

interface Node<R> {
  readonly literals: Map<string, Node<R>>;
  parameter: Node<R> | undefined;
  readonly methods: Map<string, R>;
  allow: string;
}

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});

/**
 * Finds the route of a method (upper case) and path. A literal segment wins over a parameter; HEAD is answered by GET's route.
 * The result is a match, the value of `Allow` where the path is known but the method is not, or undefined.
 *
 * @throws StartupError ROUTE_DUPLICATE for two routes with the same method and path shape, or the same operationId.
 */
export function createRouter<R>(entries: readonly { route: Route; value: R }[]): (method: string, path: string) => Found<R> {
  const root = newNode<R>();
  const fixed = new Map<string, Node<R>>();
  const operations = new Set<string>();
  const names = new Map<R, readonly string[]>();
  for (const { route, value } of entries) {
    const node = nodeOf(root, route.path);
    if (node.methods.has(route.method) || operations.has(route.operationId)) {
      const what = `${route.method} ${route.path} (${route.operationId})`;
      throw new StartupError('ROUTE_DUPLICATE', `${what} is defined twice`, 'Give each operation its own path and operationId.');
    }
    operations.add(route.operationId);
    node.methods.set(route.method, value);
    if (route.method === 'GET') node.methods.set('HEAD', value);
    node.allow = [...node.methods.keys()].join(', ');
    names.set(value, pathParameters(route.path));
    if (!route.path.includes('{')) fixed.set(route.path, node);
  }

  return (method, path) => {
    if (!path.startsWith('/')) return undefined;
    const values: string[] = [];
    const node = fixed.get(path) ?? descend(root, path.slice(1).split('/'), 0, values);
    if (node === undefined) return undefined;
    const route = node.methods.get(method);
    if (route === undefined) return { allow: node.allow };
    if (values.length === 0) return { route, params: NO_PARAMS };
    const params: Record<string, string> = {};
    names.get(route)?.forEach((name, index) => {
      params[name] = values[index] ?? '';
    });
    return { route, params };
  };
}

function newNode<R>(): Node<R> {
  return { literals: new Map(), parameter: undefined, methods: new Map(), allow: '' };
}

function nodeOf<R>(root: Node<R>, path: string): Node<R> {
  let node = root;
  for (const segment of path.slice(1).split('/')) {
    let next = segment.startsWith('{') ? node.parameter : node.literals.get(segment);
    if (next === undefined) {
      next = newNode<R>();
      if (segment.startsWith('{')) node.parameter = next;
      else node.literals.set(segment, next);
    }
    node = next;
  }
  return node;
}

/** Only a node that ends some route is an answer; so a literal that leads nowhere gives way to the parameter beside it. */
function descend<R>(node: Node<R>, segments: readonly string[], depth: number, values: string[]): Node<R> | undefined {
  const segment = segments[depth];
  if (segment === undefined) return node.methods.size > 0 ? node : undefined;
  const literal = node.literals.get(segment);
  const found = literal && descend(literal, segments, depth + 1, values);
  if (found !== undefined || node.parameter === undefined || segment === '') return found;
  values.push(segment);
  const through = descend(node.parameter, segments, depth + 1, values);
  if (through === undefined) values.pop();
  return through;
}
