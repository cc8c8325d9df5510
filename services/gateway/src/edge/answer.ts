/** What goes out over HTTP, ready to be sent. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The media type of RFC 9457. */
export const PROBLEM_JSON = 'application/problem+json';
