/**
 * How fast monitoring goes: `production` is what the files say; `prompt` works out those rules as often as all others that
 * take their time, for who cannot wait a minute for what moves in days; `brisk` is the same expressions and routes with all
 * waiting cut out, for tests that want to see an alert come and go.
 */
export type Pace = 'production' | 'prompt' | 'brisk';

/** Prometheus' own flag for how often a firing alert is sent again. */
export const RESEND_DELAY: Readonly<Record<Pace, string>> = { production: '1m', prompt: '1m', brisk: '1s' };

/** `prometheus.yml`, a file of rules or `alertmanager.yml`, at that pace. Windows inside expressions stay as they are. */
export function paced(text: string, pace: Pace): string {
  if (pace === 'production') return text;
  if (pace === 'prompt') return text.replaceAll(/^(\s*interval: )\d+[smh]/gm, (_all, name: string) => `${name}5s`);
  const SETTINGS =
    /^(\s*(?:scrape_interval|scrape_timeout|evaluation_interval|group_wait|group_interval|for|interval): |.*refresh_interval: )\d+[smh]/gm;
  return text.replaceAll(SETTINGS, (_all, name: string) => `${name}1s`);
}
