/** Requests in flight. */
const AT_ONCE = 32;

/** Makes them over HTTP, as anybody would; throws at the first that is refused. */
export async function makeSchedules(
  { url, key }: { url: string; key: string },
  { schedules, every, together }: { schedules: number; every: number; together: boolean },
): Promise<{ seconds: number }> {
  const startedAt = performance.now();
  let made = 0;
  async function make(): Promise<void> {
    while (made < schedules) {
      const number = made++;
      const response = await fetch(`${url}/v1/schedules`, {
        method: 'POST',
        headers: { 'x-api-key': key, 'content-type': 'application/json' },
        body: JSON.stringify({
          ...when(number, every, together),
          name: `bench ${number}`,
          action: 'echo',
          context_id: 'default',
        }),
      });
      const answer = await response.text();
      if (response.status !== 201) throw new Error(`schedule ${number} was refused: ${response.status} ${answer}`);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, make));
  return { seconds: (performance.now() - startedAt) / 1_000 };
}

/** Spread: each begins at another second of the interval, counted from a moment that has passed. */
function when(number: number, every: number, together: boolean): object {
  if (together) return { cron: '* * * * *' };
  const minuteAgo = Math.floor(Date.now() / 1_000) - 60;
  return { interval_seconds: every, starts_at: new Date((minuteAgo - every + (number % every)) * 1_000).toISOString() };
}
