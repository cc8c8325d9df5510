import type { CompositeStep } from '@techno/contracts';
import { TerminalError } from '@techno/kernel';
import { referencesIn } from './template.ts';

/**
 * The steps, checked: ids are unique, needs are steps, nothing needs itself by any way, and a template reads only steps that
 * are certain to have ended. Throws a TerminalError COMPOSITE_INVALID that names the step.
 */
export function checkedSteps(steps: readonly CompositeStep[]): readonly CompositeStep[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  if (byId.size !== steps.length) throw invalid('two steps share an id');
  for (const step of steps) {
    for (const need of step.needs) {
      if (!byId.has(need)) throw invalid(`step '${step.id}' needs '${need}', which is no step`);
    }
  }
  for (const step of steps) {
    const before = allNeedsOf(step, byId);
    if (before.has(step.id)) throw invalid(`step '${step.id}' needs itself`);
    for (const reference of referencesIn(step.payload)) {
      const [root, read] = reference.split('.');
      if (root === 'steps' && !before.has(read ?? '')) {
        throw invalid(`step '${step.id}' reads '{{${reference}}}' without needing that step`);
      }
    }
  }
  return steps;
}

/** Everything a step needs, directly or through others; itself too where it is part of a cycle. */
function allNeedsOf(step: CompositeStep, byId: ReadonlyMap<string, CompositeStep>): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [...step.needs];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    open.push(...(byId.get(id)?.needs ?? []));
  }
  return seen;
}

/** The steps that nothing else needs: what they answer is what the composite answers. */
export function lastSteps(steps: readonly CompositeStep[]): readonly CompositeStep[] {
  const needed = new Set(steps.flatMap((step) => step.needs));
  return steps.filter((step) => !needed.has(step.id));
}

function invalid(message: string): TerminalError {
  return new TerminalError('COMPOSITE_INVALID', message);
}
