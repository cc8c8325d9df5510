import { breakerNews, type PolicyDocument } from '@techno/contracts';

/** Which breakers are open, as the executors last said. Unknown ones count as closed: an executor holds a call back itself. */
export interface BreakerBoard {
  hear(news: unknown): void;
  /** Until when (epoch ms) something the action needs is open; undefined: nothing is. */
  openUntil(action: string, policy: PolicyDocument, nowMs: number): number | undefined;
}

export function createBreakerBoard(): BreakerBoard {
  const open = new Map<string, number>();
  return {
    hear(body) {
      const news = breakerNews.safeParse(body).data;
      if (news === undefined) return;
      if (news.state === 'open') open.set(news.breaker, Date.parse(news.open_until));
      else open.delete(news.breaker);
    },
    openUntil(action, policy, nowMs) {
      const times = breakersOf(action, policy).flatMap((breaker) => open.get(breaker) ?? []);
      const latest = Math.max(0, ...times);
      return latest > nowMs ? latest : undefined;
    },
  };
}

/** The breakers an action's calls go through, its steps' included. A composite has no composites in it. */
export function breakersOf(action: string, policy: PolicyDocument): string[] {
  const spec = Object.hasOwn(policy.actions, action) ? policy.actions[action] : undefined;
  if (spec === undefined) return [];
  const steps = (spec.composite?.steps ?? []).filter((step) => policy.actions[step.action]?.composite === undefined);
  return [
    ...(spec.http === undefined ? [] : [`upstream:${spec.http.upstream}`]),
    ...(spec.llm === undefined ? [] : ['llm']),
    ...steps.flatMap((step) => breakersOf(step.action, policy)),
  ];
}
