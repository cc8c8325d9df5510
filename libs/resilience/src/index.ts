export { type Breaker, type BreakerOptions, type Breakers, type BreakerState, createBreakers } from './breaker.ts';
export { isTemporaryStatus, retryAfterMs } from './retry-after.ts';
