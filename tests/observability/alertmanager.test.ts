import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type AlertmanagerSettings, configured } from '../../deploy/alertmanager/settings.ts';
import { paced } from '../../deploy/monitoring/pace.ts';
import { missing, output } from './programs.ts';
import { alerts, read, ROOT } from './rule-files.ts';

const FILE = 'deploy/alertmanager/alertmanager.yml';
const SHIPPED = read(FILE);
const SLACK = { urlFile: '/run/secrets/slack', channel: '#alerts' };
const PAGERDUTY = { keyFile: '/run/secrets/pagerduty' };

interface Webhook {
  readonly url: string;
  readonly send_resolved: boolean;
  readonly http_config: { readonly authorization: { readonly type: string; readonly credentials_file: string } };
}
interface Document {
  readonly route: { readonly routes: readonly { readonly matchers: string[]; readonly receiver: string }[] };
  readonly receivers: readonly {
    readonly name: string;
    readonly webhook_configs: Webhook[];
    readonly slack_configs?: Record<string, unknown>[];
    readonly pagerduty_configs?: Record<string, unknown>[];
  }[];
  readonly inhibit_rules: readonly { readonly source_matchers: string[]; readonly target_matchers: string[] }[];
}
const documentOf = (settings: AlertmanagerSettings = {}) => parse(configured(SHIPPED, settings)) as Document;
const receiver = (document: Document, name: string) => document.receivers.find((one) => one.name === name);

const VARIANTS: Record<string, AlertmanagerSettings> = {
  'as it is': {},
  'with Slack': { slack: SLACK },
  'with PagerDuty': { pagerduty: PAGERDUTY },
  'with everything': {
    gatewayUrl: 'http://127.0.0.1:8080/v1/webhooks/alertmanager',
    gatewayTokenFile: '/tmp/token',
    slack: SLACK,
    pagerduty: PAGERDUTY,
  },
};

describe('routes', () => {
  it('lead every severity that an alert has to a receiver of that name', () => {
    const { route } = documentOf();
    for (const severity of new Set(alerts().map(({ labels }) => labels?.['severity'])))
      expect(route.routes).toContainEqual(expect.objectContaining({ matchers: [`severity="${severity}"`], receiver: severity }));
  });

  it('hold back only alerts that there are, and for alerts that there are', () => {
    const names = alerts().map(({ alert }) => alert);
    for (const { source_matchers, target_matchers } of documentOf().inhibit_rules) {
      const named = [...source_matchers, ...target_matchers].filter((matcher) => matcher.startsWith('alertname'));
      expect(named.length).toBeGreaterThan(0);
      for (const matcher of named) {
        const [, pattern = ''] = /^alertname=~?"(.+)"$/.exec(matcher) ?? [];
        for (const alternative of pattern.split('|'))
          expect(names.some((name) => new RegExp(`^(?:${alternative})$`).test(name))).toBe(true);
      }
    }
  });
});

describe('receivers', () => {
  it('all lead into the gateway, with a token from a file, and tell what is resolved', () => {
    for (const { webhook_configs: webhooks } of documentOf().receivers) {
      expect(webhooks).toHaveLength(1);
      expect(webhooks[0]).toMatchObject({
        url: 'http://gateway:8080/v1/webhooks/alertmanager',
        send_resolved: true,
        http_config: { authorization: { type: 'Bearer', credentials_file: '/run/secrets/alerts_token' } },
      });
    }
  });

  it('Slack is told from `warning` on, PagerDuty of what is critical', () => {
    const document = documentOf({ slack: SLACK, pagerduty: PAGERDUTY });
    const has = (part: 'slack_configs' | 'pagerduty_configs') =>
      document.receivers.filter((one) => one[part] !== undefined).map(({ name }) => name);
    expect(has('slack_configs')).toEqual(['critical', 'warning']);
    expect(has('pagerduty_configs')).toEqual(['critical']);
    expect(receiver(document, 'critical')?.slack_configs?.[0]).toMatchObject({ api_url_file: SLACK.urlFile, channel: '#alerts' });
    expect(receiver(document, 'critical')?.pagerduty_configs?.[0]).toMatchObject({ routing_key_file: PAGERDUTY.keyFile });
  });

  it.each(Object.entries(VARIANTS))('%s: no secret stands in the file', (_name, settings) => {
    expect(configured(SHIPPED, settings)).not.toMatch(/\b(?:api_url|routing_key|service_key|credentials|bearer_token|password):/);
  });
});

describe('the brisk pace', () => {
  it('changes how long is waited, and neither expressions nor routes', () => {
    const waits = /^\s*(?:for|group_wait|group_interval|interval): .*$/gm;
    for (const file of [FILE, 'deploy/prometheus/rules/work.yml', 'deploy/prometheus/rules/slo.yml']) {
      const [before, after] = [read(file), paced(read(file), 'brisk')];
      expect(after).not.toBe(before);
      expect(after.replaceAll(waits, '')).toBe(before.replaceAll(waits, ''));
    }
    const prometheus = paced(read('deploy/prometheus/prometheus.yml'), 'brisk');
    expect(prometheus.match(/(?:scrape_interval|scrape_timeout|evaluation_interval|refresh_interval): \S+/g)).toHaveLength(6);
    expect(prometheus).not.toMatch(/(?:interval|timeout): (?!1s)/);
  });
});

const reason = missing('amtool');
describe.skipIf(reason !== '')(`amtool${reason && ` (${reason})`}`, () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'techno-amtool-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('takes the file that is shipped', async () => {
    expect(await output('amtool', ['check-config', path.join(ROOT, FILE)])).toMatchObject({ ok: true });
  });

  it.each(Object.entries(VARIANTS))('takes it %s', async (name, settings) => {
    const file = path.join(dir, `${name}.yml`);
    writeFileSync(file, configured(SHIPPED, settings));
    const { ok, text } = await output('amtool', ['check-config', file]);
    expect({ ok, text }).toMatchObject({ ok: true });
  });

  it.each([
    ['critical', 'BackendDown'],
    ['warning', 'ConsumerLag'],
    ['info', 'Anything'],
    ['unheard_of', 'Anything'],
  ])('leads severity=%s to its receiver, and what has none to `warning`', async (severity, alertname) => {
    const config = `--config.file=${path.join(ROOT, FILE)}`;
    const { text } = await output('amtool', [
      'config',
      'routes',
      'test',
      config,
      `severity=${severity}`,
      `alertname=${alertname}`,
    ]);
    // amtool warns that the file wins over a server that nobody named.
    expect(text.split('\n')[0]).toBe(severity === 'unheard_of' ? 'warning' : severity);
  });
});

describe('the command that writes it', () => {
  const write = (...args: string[]) =>
    promisify(execFile)(process.execPath, [path.join(ROOT, 'deploy/alertmanager/main.ts'), ...args]);

  it('adds what it is told to', { timeout: 20_000 }, async () => {
    const { stdout } = await write(
      '--slack-url-file',
      '/s/slack',
      '--slack-channel',
      '#ops',
      '--gateway-url',
      'http://gw/v1/webhooks/a',
    );
    const critical = receiver(parse(stdout) as Document, 'critical');
    expect(critical?.webhook_configs[0]?.url).toBe('http://gw/v1/webhooks/a');
    expect(critical?.slack_configs?.[0]).toMatchObject({ api_url_file: '/s/slack', channel: '#ops' });
  });

  it.each([[['--slack-channel', '#ops']], [['--pagerduty-key-file', 'relative/key']]])(
    'refuses %j',
    { timeout: 20_000 },
    async (args) => {
      await expect(write(...args)).rejects.toThrow(/go together|an absolute path/);
    },
  );
});
