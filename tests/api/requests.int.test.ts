import { shareStack } from './shared-stack.ts';

// What a caller sends, and gets for it.
shareStack({ replicas: { gateway: 2 }, env: { gateway: { TECHNO_BODY_LIMIT_BYTES: '100000' } } });
await import('./process.suite.ts');
await import('./idempotency.suite.ts');
await import('./webhooks.suite.ts');
