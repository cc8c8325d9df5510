import { nodeHttp } from '@techno/http';
import { TerminalError } from '@techno/kernel';

/** Reads one secret; undefined where there is none of that name. */
export type Secrets = (name: string) => string | undefined;

const SECRET = /\$\{([A-Za-z0-9_]+)\}/g;

/** Said by the client itself: a policy that could set them could smuggle a second request. */
const RESERVED = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'idempotency-key',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The headers declared for an upstream, names in lower case, `${NAME}` replaced by that secret. Throws the TerminalErrors
 * SECRET_MISSING and EXECUTOR_MISCONFIGURED; neither holds a value.
 */
export function upstreamHeaders(declared: Readonly<Record<string, string>>, secrets: Secrets): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [declaredName, template] of Object.entries(declared)) {
    const name = declaredName.toLowerCase();
    if (RESERVED.has(name)) throw new TerminalError('EXECUTOR_MISCONFIGURED', `an upstream may not set the header '${name}'`);
    const value = template.replace(SECRET, (_match, secret: string) => {
      const found = secrets(secret);
      if (found === undefined) throw new TerminalError('SECRET_MISSING', `the secret '${secret}' of header '${name}' is not set`);
      return found;
    });
    try {
      nodeHttp.validateHeaderName(name);
      nodeHttp.validateHeaderValue(name, value);
    } catch {
      // Node's message would quote the value.
      throw new TerminalError('EXECUTOR_MISCONFIGURED', `the header '${name}' has characters that no header may have`);
    }
    headers[name] = value;
  }
  return headers;
}
