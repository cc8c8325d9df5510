import { shareStack } from './shared-stack.ts';

// What is seen of actions, and who may do what.
shareStack();
await import('./actions.suite.ts');
await import('./events.suite.ts');
await import('./canary.suite.ts');
await import('./permissions.suite.ts');
