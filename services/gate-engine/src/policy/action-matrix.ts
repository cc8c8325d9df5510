import type { PolicyDocument } from '@techno/contracts';
import { type ContextMatcher, contextMatcher } from './contexts.ts';

/** Role × action × context. Whatever is not in it is refused. */
export type ActionMatrix = (role: string, action: string, contextId: string) => boolean;

export function actionMatrix(roles: PolicyDocument['roles']): ActionMatrix {
  const matrix = new Map(Object.entries(roles).map(([role, { allow }]) => [role, contextsByAction(allow)]));
  return (role, action, contextId) => {
    const byAction = matrix.get(role);
    if (byAction === undefined) return false;
    return byAction.get(action)?.(contextId) === true || byAction.get('*')?.(contextId) === true;
  };
}

function contextsByAction(grants: PolicyDocument['roles'][string]['allow']): Map<string, ContextMatcher> {
  const patterns = new Map<string, Set<string>>();
  for (const { actions, contexts } of grants) {
    for (const action of actions) patterns.set(action, new Set([...(patterns.get(action) ?? []), ...contexts]));
  }
  return new Map([...patterns].map(([action, contexts]) => [action, contextMatcher(contexts)]));
}
