import { ERROR_CODES } from '@techno/contracts';
import { CommanderError } from 'commander';
import { errorCode, errorMessage, StartupError } from '@techno/kernel';
import { GatewayError } from '../launcher/gateway-client.ts';
import { EXIT } from './exit-codes.ts';

/** What to do about an answer of the gateway, by its status. */
const FIX_BY_STATUS: Readonly<Record<number, string>> = {
  400: 'Correct the request; the message names the place.',
  401: 'Send a key: --key or TECHNO_API_KEY.',
  403: "Use a key whose role may do this; 'techno decisions explain FILE' shows which gate refused.",
  404: 'Check the id; what exists is shown by the list verbs.',
  409: 'Read the present state again and repeat.',
  413: 'Send less at once; the limit is payload.maxBytes of the policy.',
  422: 'Correct what is named above.',
  429: 'Wait as long as Retry-After says, or raise the limit of the key.',
  502: "Look at the action with 'techno actions get TRACE' and at 'techno logs executor'.",
  503: "Wait a moment; 'techno status' shows what is not ready.",
  504: "Look at the action with 'techno actions get TRACE' and at 'techno logs executor'.",
};

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
  readonly details?: unknown;
  readonly exitCode: number;
}

/** Anything thrown, in the form in which it is shown. */
export function failureOf(error: unknown): Failure {
  if (error instanceof GatewayError) {
    return {
      code: error.code,
      message: `${error.message} (HTTP ${error.status})`,
      fix:
        (error.status === 409 ? ERROR_CODES[error.code]?.fix : undefined) ??
        FIX_BY_STATUS[error.status] ??
        "Look at 'techno status' and 'techno logs gateway'.",
      details: error.problem,
      exitCode: EXIT.failed,
    };
  }
  if (error instanceof StartupError) {
    return {
      code: error.code,
      message: error.message,
      fix: error.fix,
      exitCode: error.code === 'NOT_RUNNING' ? EXIT.notRunning : EXIT.failed,
    };
  }
  const code = errorCode(error);
  if (code === 'GATEWAY_UNREACHABLE') {
    return {
      code,
      message: errorMessage(error),
      fix: "Start the stack ('npm start'), or check --url.",
      exitCode: EXIT.notRunning,
    };
  }
  return {
    code,
    message: errorMessage(error),
    fix: "If this looks like a fault of ours, 'techno logs SERVICE' tells more.",
    exitCode: EXIT.failed,
  };
}

/**
 * Shows what went wrong: code, cause and fix.
 * @returns the exit code
 */
export function report(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const { exitCode, ...failure } = failureOf(error);
  if (json) {
    process.stderr.write(`${JSON.stringify({ error: failure })}\n`);
  } else {
    process.stderr.write(`\n${failure.code}: ${failure.message}\n${issues(failure.details)}  fix: ${failure.fix}\n`);
  }
  return exitCode;
}

/** The single complaints of a refused document, one a line, each with its place. */
function issues(details: unknown): string {
  const list = (details as { errors?: unknown } | undefined)?.errors;
  if (!Array.isArray(list)) return '';
  return (list as { path?: string; message?: string }[])
    .map(({ path, message }) => `  - ${path ?? ''}: ${message ?? ''}\n`)
    .join('');
}
