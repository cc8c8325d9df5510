import { errorMessage, SECOND } from '@techno/kernel';
import type { Metrics } from '@techno/telemetry';

/** One thing a process cannot do without. `probe` throws when it is not there. */
export interface Check {
  readonly name: string;
  probe(): Promise<void>;
}

export interface CheckResult {
  readonly ok: boolean;
  readonly latency_ms: number;
  readonly error?: string;
}

const LIMIT_MS = 2 * SECOND;

/** Probes everything at once; each takes at most two seconds, and whatever does not answer by then has failed. */
export async function probeAll(
  checks: readonly Check[],
  metrics: Metrics,
): Promise<{ ok: boolean; checks: Record<string, CheckResult> }> {
  const results = await Promise.all(
    checks.map(async ({ name, probe }): Promise<[string, CheckResult]> => {
      const startedAt = performance.now();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${LIMIT_MS} ms`)), LIMIT_MS);
      });
      const latency = () => Math.round((performance.now() - startedAt) * 10) / 10;
      try {
        await Promise.race([probe(), late]);
        metrics.health.checked(name, true);
        return [name, { ok: true, latency_ms: latency() }];
      } catch (error) {
        metrics.health.checked(name, false);
        return [name, { ok: false, latency_ms: latency(), error: errorMessage(error) }];
      } finally {
        clearTimeout(timer);
      }
    }),
  );
  return { ok: results.every(([, { ok }]) => ok), checks: Object.fromEntries(results) };
}
