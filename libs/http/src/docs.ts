import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import type { OpenApiDocument } from './openapi.ts';
import type { BytesReply, Reply } from './reply.ts';
import { type Route, defineRoute } from './route.ts';

export interface ErrorDoc {
  readonly code: string;
  readonly cause: string;
  readonly fix: string;
}

export interface DocsOptions {
  /** Asked once, on the first request: the document describes these routes too, so it cannot exist before them. */
  readonly document: () => OpenApiDocument;
  /** Shown at /docs/errors, where the `type` of every problem points. */
  readonly errors?: readonly ErrorDoc[];
}

// Nothing from elsewhere: scripts, styles and data come from this server. Swagger UI sets style attributes, and draws icons from data: URLs.
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};
const ASSET_HEADERS = { 'cache-control': 'public, max-age=3600', 'x-content-type-options': 'nosniff' };

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API reference</title>
<link rel="icon" href="/docs/favicon.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="reference"></div>
<script src="/docs/swagger-ui.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({ url: '/openapi.json', domNode: document.getElementById('reference'), deepLinking: true, tryItOutEnabled: true, validatorUrl: null });\n`;

/** GET /openapi.json, /docs (Swagger UI, every asset from this server) and /docs/errors. */
export function docsRoutes({ document, errors = [] }: DocsOptions): Route[] {
  let json: string | undefined;
  const errorsPage = renderErrors(errors);
  return [
    page('/openapi.json', 'openapi', 'This interface as OpenAPI 3.1', 'application/json', () => {
      json ??= JSON.stringify(document());
      return { status: 200, text: json, contentType: 'application/json', headers: { 'cache-control': 'no-cache' } };
    }),
    page('/docs', 'docs', 'The API reference', 'text/html', () => html(PAGE)),
    page('/docs/errors', 'docs_errors', 'Every error code, its cause and its fix', 'text/html', () => html(errorsPage)),
    page('/docs/start.js', 'docs_start', 'Asset of the API reference', 'text/javascript', () => ({
      status: 200,
      text: START,
      contentType: 'text/javascript; charset=utf-8',
      headers: ASSET_HEADERS,
    })),
    asset('/docs/swagger-ui.js', 'docs_script', 'swagger-ui-bundle.js', 'text/javascript; charset=utf-8'),
    asset('/docs/swagger-ui.css', 'docs_style', 'swagger-ui.css', 'text/css; charset=utf-8'),
    asset('/docs/favicon.png', 'docs_icon', 'favicon-32x32.png', 'image/png'),
  ];
}

function page(path: `/${string}`, operationId: string, summary: string, contentType: string, handler: () => Reply): Route {
  const responses = { 200: { description: summary, contentType } };
  return defineRoute({ method: 'GET', path, operationId, summary, tags: ['docs'], security: 'none', responses, handler });
}

const require = createRequire(import.meta.url);
const assets = dirname(require.resolve('swagger-ui-dist/package.json'));

function asset(path: `/${string}`, operationId: string, file: string, contentType: string): Route {
  let reply: BytesReply | undefined;
  return page(path, operationId, 'Asset of the API reference', contentType.split(';')[0] ?? contentType, () => {
    reply ??= { status: 200, bytes: readFileSync(join(assets, file)), contentType, headers: ASSET_HEADERS };
    return reply;
  });
}

function html(text: string): Reply {
  return { status: 200, text, contentType: 'text/html; charset=utf-8', headers: PAGE_HEADERS };
}

function renderErrors(errors: readonly ErrorDoc[]): string {
  const rows = errors.map(
    ({ code, cause, fix }) =>
      `<tr id="${escaped(code)}"><td><code>${escaped(code)}</code></td><td>${escaped(cause)}</td><td>${escaped(fix)}</td></tr>`,
  );
  const head = '<tr><th>Code</th><th>Cause</th><th>Fix</th></tr>';
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Errors</title><style>body{font-family:system-ui;margin:2rem}td,th{padding:.4rem .8rem;text-align:left;vertical-align:top}:target{background:#fe9}</style></head>
<body><h1>Errors</h1><table>${head}${rows.join('')}</table></body>
</html>
`;
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
