export { canonicalAddress } from './client-address.ts';
export { type DocsOptions, docsRoutes, type ErrorDoc } from './docs.ts';
export { UpstreamError } from './egress/errors.ts';
export {
  createSafeFetch,
  type SafeFetch,
  type SafeFetchConfig,
  type SafeFetchOptions,
  type SafeResponse,
} from './egress/safe-fetch.ts';
export type { Resolve, ResolvedAddress } from './egress/target.ts';
export { type EventStream, formatEvent, type ServerSentEvent, type StreamRun } from './event-stream.ts';
export { openApi, type OpenApiDocument, type OpenApiOptions } from './openapi.ts';
export { nodeHttp } from './node-http.ts';
export type { HttpObserver, HttpServerOptions, RequestEnded, RequestLabels } from './options.ts';
export { HttpProblem, problem, type ProblemInput, problemSchema } from './problem.ts';
export type { BytesReply, JsonReply, Reply, ReplyHeaders, StreamReply, TextReply } from './reply.ts';
export {
  defineRoute,
  type Method,
  type RequestContext,
  type ResponseDoc,
  type Route,
  type RouteDefinition,
  type WebhookDoc,
} from './route.ts';
export { createHttpServer, type HttpServer } from './server.ts';
export { parseStrictJson, PayloadError, type PayloadErrorCode } from './strict-json.ts';
