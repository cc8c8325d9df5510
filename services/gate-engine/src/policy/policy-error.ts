import { TerminalError } from '@techno/kernel';

/** One thing wrong with a policy document. `path` is a JSON Pointer into it; empty for the document as a whole. */
export interface PolicyIssue {
  readonly path: string;
  readonly message: string;
}

/** The document cannot be a policy. The one in force stays. */
export class PolicyError extends TerminalError {
  readonly issues: readonly PolicyIssue[];

  constructor(issues: readonly PolicyIssue[], options?: { cause?: unknown }) {
    super(
      'POLICY_INVALID',
      issues.map(({ path, message }) => `${path === '' ? 'policy' : path}: ${message}`).join('; '),
      options,
    );
    this.issues = issues;
  }
}

/** RFC 6901. */
export function jsonPointer(parts: readonly PropertyKey[]): string {
  return parts.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
