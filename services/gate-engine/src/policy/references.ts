import type { ActionSpec, PolicyDocument } from '@techno/contracts';
import { jsonPointer, type PolicyIssue } from './policy-error.ts';

/** What the shape of the document cannot say: names that lead nowhere, and composites that would never end. */
export function referenceIssues(policy: PolicyDocument): PolicyIssue[] {
  return [...grantIssues(policy), ...sourceIssues(policy), ...stepIssues(policy), ...composedOfItself(policy)];
}

function* grantIssues(policy: PolicyDocument): Generator<PolicyIssue> {
  for (const [role, { allow }] of Object.entries(policy.roles)) {
    for (const [index, { actions }] of allow.entries()) {
      for (const action of actions) {
        if (action === '*' || Object.hasOwn(policy.actions, action)) continue;
        yield { path: jsonPointer(['roles', role, 'allow', index, 'actions']), message: `action '${action}' is not defined` };
      }
    }
  }
}

function* sourceIssues(policy: PolicyDocument): Generator<PolicyIssue> {
  for (const [source, { role }] of Object.entries(policy.sources)) {
    if (Object.hasOwn(policy.roles, role)) continue;
    yield { path: jsonPointer(['sources', source, 'role']), message: `role '${role}' is not defined` };
  }
}

function* stepIssues(policy: PolicyDocument): Generator<PolicyIssue> {
  for (const [action, spec] of Object.entries(policy.actions)) {
    const steps = spec.composite?.steps ?? [];
    const at = (index: number) => jsonPointer(['actions', action, 'composite', 'steps', index]);
    const needs = new Map(steps.map((step) => [step.id, step.needs]));
    for (const [index, step] of steps.entries()) {
      if (steps.findIndex(({ id }) => id === step.id) !== index) {
        yield { path: at(index), message: `a step '${step.id}' exists already` };
      }
      for (const need of step.needs) {
        if (!needs.has(need)) yield { path: at(index), message: `needs the unknown step '${need}'` };
      }
      if (reaches(step.id, (id) => needs.get(id) ?? [])) yield { path: at(index), message: `step '${step.id}' waits for itself` };
    }
  }
}

function* composedOfItself(policy: PolicyDocument): Generator<PolicyIssue> {
  const actions = new Map<string, ActionSpec>(Object.entries(policy.actions));
  const parts = (action: string) => (actions.get(action)?.composite?.steps ?? []).map((step) => step.action);
  for (const action of actions.keys()) {
    if (reaches(action, parts)) {
      yield { path: jsonPointer(['actions', action, 'composite']), message: `'${action}' is composed of itself` };
    }
  }
}

/** Whether following `next` from `start` leads back to it. */
function reaches(start: string, next: (name: string) => readonly string[]): boolean {
  const seen = new Set<string>();
  const open = [...next(start)];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === start) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    open.push(...next(name));
  }
  return false;
}
