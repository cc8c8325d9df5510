/** Every deployable. A message, a request and a table each belong to exactly one of them. */
export const SERVICES = ['gateway', 'gate-engine', 'executor', 'notifier', 'scheduler', 'dlq-replayer', 'auditor'] as const;
export type ServiceName = (typeof SERVICES)[number];
