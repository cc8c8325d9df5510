/**
 * The algorithm of Kubernetes' HorizontalPodAutoscaler v2, as far as our manifests use it:
 * https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details, with the defaults of `behavior`
 * where a manifest says nothing.
 */
export interface HpaSpec {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Messages waiting, for each replica: an `External` metric with `AverageValue`. */
  readonly lagPerReplica: number;
  /** Of the CPU request: `Utilization`. */
  readonly cpuPercent: number;
  readonly upWindowMs: number;
  readonly downWindowMs: number;
}

/** What the metrics say at a moment. CPU is the mean over the ready replicas, in percent of the request. */
export interface Reading {
  readonly lag: number;
  readonly cpuPercent: number;
}

/** `--horizontal-pod-autoscaler-sync-period` and `--horizontal-pod-autoscaler-tolerance`. */
export const SYNC_MS = 15_000;
const TOLERANCE = 0.1;
/** Defaults of `scaleUp.policies`: within 15 s four pods more, or twice as many, whichever is more. */
const UP = { pods: 4, factor: 2, periodMs: 15_000 };

export interface Hpa {
  /** Asked once for each sync period. @returns the replicas that are wanted from now on */
  sync(nowMs: number, current: number, reading: Reading): number;
}

/** What one metric wants: within the tolerance, things as they are. */
export function wanted(current: number, ratio: number, exactly: number): number {
  return Math.abs(ratio - 1) <= TOLERANCE ? current : Math.ceil(exactly);
}

export function createHpa(spec: HpaSpec): Hpa {
  let recommendations: { atMs: number; replicas: number }[] = [];
  let ups: { atMs: number; added: number }[] = [];

  return {
    sync(nowMs, current, { lag, cpuPercent }) {
      const byLag = wanted(current, lag / (spec.lagPerReplica * current), lag / spec.lagPerReplica);
      const byCpu = wanted(current, cpuPercent / spec.cpuPercent, (current * cpuPercent) / spec.cpuPercent);
      const recommended = Math.max(byLag, byCpu);
      recommendations.push({ atMs: nowMs, replicas: recommended });
      const longestMs = Math.max(spec.upWindowMs, spec.downWindowMs);
      recommendations = recommendations.filter(({ atMs }) => atMs > nowMs - longestMs);
      const within = (windowMs: number) =>
        recommendations.filter(({ atMs }) => atMs > nowMs - windowMs).map(({ replicas }) => replicas);

      // Up no further than the lowest, down no further than the highest recommendation of its window.
      const up = Math.min(recommended, ...within(spec.upWindowMs));
      const down = Math.max(recommended, ...within(spec.downWindowMs));
      let next = current;
      if (up > current) next = up;
      else if (down < current) next = down;

      if (next > current) {
        ups = ups.filter(({ atMs }) => atMs > nowMs - UP.periodMs);
        const before = current - ups.reduce((sum, { added }) => sum + added, 0);
        next = Math.min(next, Math.max(before + UP.pods, before * UP.factor));
      }
      next = Math.min(spec.maxReplicas, Math.max(spec.minReplicas, next));
      if (next > current) ups.push({ atMs: nowMs, added: next - current });
      return next;
    },
  };
}
