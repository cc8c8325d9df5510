import { type ActionSpec, type PolicyDocument, policyDocument } from '@techno/contracts';
import { type ActionMatrix, actionMatrix } from './action-matrix.ts';
import { type ContextMatcher, contextMatcher } from './contexts.ts';
import { type PayloadCheck, schemaCompiler } from './payload-schema.ts';
import { jsonPointer, PolicyError, type PolicyIssue } from './policy-error.ts';
import { referenceIssues } from './references.ts';

export interface CompiledAction {
  readonly spec: ActionSpec;
  readonly checkPayload: PayloadCheck;
}

/** A policy made ready for the gates: every question they ask is a lookup. Immutable. */
export interface CompiledPolicy {
  readonly revision: number;
  readonly document: PolicyDocument;
  readonly actions: ReadonlyMap<string, CompiledAction>;
  readonly knowsContext: ContextMatcher;
  readonly allows: ActionMatrix;
}

const compiled = new WeakSet<object>();

/** Whether a value came out of `compilePolicy`: what a gate makes sure of before it believes it. */
export function isCompiledPolicy(value: unknown): value is CompiledPolicy {
  return typeof value === 'object' && value !== null && compiled.has(value);
}

/**
 * Compiles a parsed document. Takes milliseconds for each schema that no revision before it had: code is generated for it.
 * Throws a PolicyError (POLICY_INVALID) that names every reference that leads nowhere, or the first bad JSON Schema.
 */
export function compilePolicy(document: PolicyDocument, revision: number): CompiledPolicy {
  const issues = referenceIssues(document);
  if (issues.length > 0) throw new PolicyError(issues);
  const compile = schemaCompiler();
  const actions = Object.entries(document.actions).map(([name, spec]): [string, CompiledAction] => {
    // The gates never look at a result, but a schema nobody can compile must be refused before the executor meets it.
    compile(spec.result, ['actions', name, 'result']);
    return [name, { spec, checkPayload: compile(spec.payload, ['actions', name, 'payload']) }];
  });
  const policy: CompiledPolicy = Object.freeze({
    revision,
    document,
    actions: new Map(actions),
    knowsContext: contextMatcher(document.contexts),
    allows: actionMatrix(document.roles),
  });
  compiled.add(policy);
  return policy;
}

export type ParsedPolicy =
  | { readonly ok: true; readonly document: PolicyDocument }
  | { readonly ok: false; readonly issues: readonly PolicyIssue[] };

/** Reads what somebody sent as a policy: its shape, its references, its schemas. Never throws for bad input. */
export function parsePolicy(input: unknown): ParsedPolicy {
  const parsed = policyDocument.safeParse(input);
  if (!parsed.success) {
    return { ok: false, issues: parsed.error.issues.map(({ path, message }) => ({ path: jsonPointer(path), message })) };
  }
  try {
    compilePolicy(parsed.data, 0);
    return { ok: true, document: parsed.data };
  } catch (error) {
    if (error instanceof PolicyError) return { ok: false, issues: error.issues };
    throw error;
  }
}
