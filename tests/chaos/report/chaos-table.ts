import { table } from '../../../bench/report/table.ts';
import type { FaultResult } from '../run-fault.ts';

/** What the reviewer reads first: one line a fault. */
export function chaosTable(results: readonly FaultResult[]): string {
  const seconds = (value: number | undefined) => (value === undefined ? 'never' : `${value.toFixed(1)} s`);
  return table(
    [
      'fault',
      'accepted',
      'completed',
      'denied',
      'failed',
      'unknown',
      'dead letter',
      'lost',
      'doubled',
      'recovery',
      'all ended',
      '',
    ],
    results.map(({ fault, account, recoverySeconds, settledSeconds, broken }) => [
      fault,
      ...[account.accepted, account.completed, account.denied, account.failed, account.unknown, account.deadLettered].map(String),
      String(account.lost.length),
      String(account.doubled.length),
      seconds(recoverySeconds),
      seconds(settledSeconds),
      broken.length === 0 ? 'kept' : 'BROKEN',
    ]),
  );
}

/** What stands below it: everything that was not as promised. */
export function complaints(results: readonly FaultResult[]): string[] {
  return results.flatMap(({ fault, broken }) => broken.map((text) => `${fault}: ${text}`));
}
