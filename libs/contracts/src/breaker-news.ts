import { z } from 'zod';

/** Core subject on which executors tell that a breaker has changed. Nobody is owed it: whoever missed it finds out by calling. */
export const BREAKER_NEWS_SUBJECT = 'breaker.changed';

export const breakerNews = z.object({
  /** `llm`, `upstream:<name>`. */
  breaker: z.string(),
  state: z.enum(['closed', 'open', 'half-open']),
  /** When an open one may be tried again. */
  open_until: z.string(),
});
export type BreakerNews = z.infer<typeof breakerNews>;
