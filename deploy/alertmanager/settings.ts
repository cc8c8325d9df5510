import { parse, stringify } from 'yaml';

/** What differs between installations. Secrets are files, which Alertmanager reads itself each time. */
export interface AlertmanagerSettings {
  /** Of the gateway's webhook source: `http://gateway:8080/v1/webhooks/alertmanager`. */
  readonly gatewayUrl?: string | undefined;
  /** Holds the bearer token of that source. */
  readonly gatewayTokenFile?: string | undefined;
  /** An incoming webhook of Slack, for everything from `warning` on. `urlFile` holds its address, which is its secret. */
  readonly slack?: { readonly urlFile: string; readonly channel: string } | undefined;
  /** An Events API v2 integration of PagerDuty, for what is `critical`. */
  readonly pagerduty?: { readonly keyFile: string } | undefined;
}

interface Receiver {
  readonly name: string;
  readonly webhook_configs: readonly {
    readonly url: string;
    readonly http_config: { readonly authorization: { readonly credentials_file: string } };
  }[];
}

const TITLE = '{{ .Status | toUpper }}: {{ .CommonLabels.alertname }}';
const TEXT =
  '{{ range .Alerts }}{{ .Annotations.summary }}\n{{ .Annotations.action }}\nRunbook: {{ .Annotations.runbook_url }}\n{{ end }}';

/** `alertmanager.yml` for one installation: the address of its gateway, and the receivers it has beside it. */
export function configured(document: string, { gatewayUrl, gatewayTokenFile, slack, pagerduty }: AlertmanagerSettings): string {
  const { receivers, ...rest } = parse(document, { merge: true }) as { receivers: Receiver[] };
  const added = (name: string) => ({
    ...(slack !== undefined && name !== 'info'
      ? {
          slack_configs: [{ api_url_file: slack.urlFile, channel: slack.channel, send_resolved: true, title: TITLE, text: TEXT }],
        }
      : {}),
    ...(pagerduty !== undefined && name === 'critical'
      ? { pagerduty_configs: [{ routing_key_file: pagerduty.keyFile, send_resolved: true, description: TITLE }] }
      : {}),
  });
  return stringify(
    {
      ...rest,
      receivers: receivers.map((receiver) => ({
        ...receiver,
        webhook_configs: receiver.webhook_configs.map((webhook) => ({
          ...webhook,
          url: gatewayUrl ?? webhook.url,
          http_config: {
            authorization: {
              ...webhook.http_config.authorization,
              credentials_file: gatewayTokenFile ?? webhook.http_config.authorization.credentials_file,
            },
          },
        })),
        ...added(receiver.name),
      })),
    },
    { aliasDuplicateObjects: false },
  );
}
