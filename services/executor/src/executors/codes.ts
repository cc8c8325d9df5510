import type { FailureClass } from '@techno/contracts';
import { errorCode } from '@techno/kernel';

/** Every code an executor throws, or is stopped with, and whose fault it is: that decides between 502, 504 and 500 at the edge. */
export const EXECUTOR_CODES = {
  BREAKER_OPEN: 'upstream',
  COMPOSITE_FAILED: 'upstream',
  COMPOSITE_INVALID: 'internal',
  CONTACT_ADDRESS_INVALID: 'input',
  CONTACT_UNKNOWN: 'input',
  DOCUMENT_EMPTY: 'input',
  DOCUMENT_NOT_FETCHED: 'upstream',
  DOCUMENT_TOO_COMPLEX: 'input',
  DOCUMENT_UNSUPPORTED: 'input',
  EFFECT_UNCLEAR: 'upstream',
  EGRESS_FORBIDDEN: 'input',
  EGRESS_REDIRECT_DOWNGRADE: 'upstream',
  EGRESS_REQUEST_INVALID: 'internal',
  EGRESS_TOO_LARGE: 'upstream',
  EGRESS_TOO_MANY_REDIRECTS: 'upstream',
  EGRESS_URL_INVALID: 'input',
  EXECUTION_ABORTED: 'timeout',
  EXECUTION_TIMEOUT: 'timeout',
  EXECUTOR_DUPLICATE: 'internal',
  EXECUTOR_MISCONFIGURED: 'internal',
  INPUT_INVALID: 'input',
  LLM_COST_EXCEEDED: 'input',
  LLM_NOT_CONFIGURED: 'internal',
  LLM_OUTPUT_INVALID: 'result',
  LLM_RATE_LIMITED: 'upstream',
  LLM_REFUSED: 'upstream',
  LLM_REJECTED: 'internal',
  LLM_TIMEOUT: 'timeout',
  LLM_UNAVAILABLE: 'upstream',
  NOTIFICATION_EMPTY: 'input',
  NOTIFICATION_TOO_LONG: 'input',
  NOTIFIER_SILENT: 'upstream',
  RESULT_INVALID: 'result',
  RESULT_SCHEMA_INVALID: 'internal',
  SECRET_MISSING: 'internal',
  STEP_INTERRUPTED: 'internal',
  TEMPLATE_INVALID: 'internal',
  TEMPLATE_LOCALE_MISSING: 'input',
  TEMPLATE_RENDER_FAILED: 'input',
  TEMPLATE_UNKNOWN: 'input',
  TEMPLATE_VARIABLE_MISSING: 'input',
  TEMPLATE_VALUE_INVALID: 'input',
  TEMPLATE_VALUE_MISSING: 'input',
  UPSTREAM_ABORTED: 'timeout',
  UPSTREAM_INVALID_RESPONSE: 'upstream',
  UPSTREAM_NOT_JSON: 'result',
  UPSTREAM_REJECTED: 'upstream',
  UPSTREAM_TIMEOUT: 'timeout',
  UPSTREAM_UNREACHABLE: 'upstream',
} as const satisfies Record<string, FailureClass>;

/** One code per status that is worth another try: 408, 425, 429 and 500…599. */
const STATUS_CODE = /^UPSTREAM_STATUS_(408|425|429|5\d\d)$/;

/** The class of anything an executor throws; `internal` for what it should not have thrown. */
export function failureClassOf(error: unknown): FailureClass {
  const code = errorCode(error);
  if (Object.hasOwn(EXECUTOR_CODES, code)) return EXECUTOR_CODES[code as keyof typeof EXECUTOR_CODES];
  return STATUS_CODE.test(code) ? 'upstream' : 'internal';
}
