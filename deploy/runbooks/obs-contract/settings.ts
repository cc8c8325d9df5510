import path from 'node:path';

export const MODES = ['dev', 'staging'] as const;
export type Mode = (typeof MODES)[number];

/** One setting. What the two modes do differently is in here, and nowhere else. */
export interface Setting {
  readonly says: string;
  /** What holds where the variable is not set. `required`: without it the check it is for cannot be made, which is a failure. */
  readonly dev: string;
  readonly staging: string;
}

const REQUIRED = 'required';
const OWN = 'own';

/** `own`: the runbook brings its own. */
export const SETTINGS = {
  OBS_STACK: { says: 'Path of a `stack.json`, or `own`: a stack is started for the run', dev: OWN, staging: 'none' },
  OBS_GATEWAY_URL: { says: 'The gateway’s API', dev: 'of the stack', staging: REQUIRED },
  OBS_OPS_URLS: {
    says: 'Operations ports, all of them: `gateway=http://…,gate-engine=http://…`',
    dev: 'of the stack',
    staging: REQUIRED,
  },
  OBS_API_KEY: { says: 'A key of the role `development`', dev: 'of the stack', staging: REQUIRED },
  OBS_ADMIN_KEY: { says: 'A key that may do everything', dev: 'of the stack', staging: REQUIRED },
  OBS_WEBHOOK: {
    says: 'A source of the scheme `standard` and its secret: `demo=whsec_…`',
    dev: 'of the stack',
    staging: REQUIRED,
  },
  OBS_PROMETHEUS_URL: { says: 'Prometheus, or `own`', dev: OWN, staging: REQUIRED },
  OBS_ALERTMANAGER_URL: { says: 'Alertmanager, or `own`', dev: OWN, staging: REQUIRED },
  OBS_TRACES: {
    says: 'Jaeger’s query URL, or `own`: a collector of the runbook, which the stack exports to (`own:4318` names its port)',
    dev: OWN,
    staging: REQUIRED,
  },
  OBS_LOGS: { says: 'A folder with `<service>.log` of the run', dev: 'of the stack', staging: REQUIRED },
  OBS_UPSTREAM_LISTEN: { says: 'Where the runbook’s own upstream listens', dev: OWN, staging: '0.0.0.0:8099' },
  OBS_UPSTREAM_URL: { says: 'How the executor reaches it', dev: 'as it listens', staging: REQUIRED },
  OBS_STAND_INS_URL: {
    says: 'Stand-ins for providers that can be told to fail, or `none`',
    dev: 'of the stack',
    staging: 'none',
  },
  OBS_SPARSE: {
    says: '`must`: every query has to give something. `may`: those over series that only a failure makes may be empty',
    dev: 'must',
    staging: 'may',
  },
  OBS_PACE: {
    says: 'Of an own Prometheus: `production` as configured, `prompt` with every rule each 5 s, `brisk` with everything each second',
    dev: 'prompt',
    staging: 'production',
  },
  OBS_LOAD_SECONDS: { says: 'How long the steady load lasts', dev: '15', staging: '60' },
  OBS_LOAD_PER_SECOND: { says: 'Its requests per second', dev: '20', staging: '5' },
  OBS_SETTLE_SECONDS: { says: 'How long scrapes, spans and alerts may take to arrive', dev: '60', staging: '300' },
  OBS_DASHBOARDS: { says: 'The generated dashboards', dev: 'deploy/grafana/generated', staging: 'deploy/grafana/generated' },
  OBS_EVIDENCE: { says: 'Where a folder of evidence is left', dev: '.techno/evidence', staging: '.techno/evidence' },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;

/** The checkout this file is part of. */
export const ROOT = path.resolve(import.meta.dirname, '../../..');

export interface Settings {
  readonly mode: Mode;
  /** What holds: the variable, else what the mode says. */
  get(name: SettingName): string;
  /** Undefined where nobody has said it. */
  given(name: SettingName): string | undefined;
}

/** The settings of a run. */
export function settingsOf(mode: Mode, env: Readonly<Record<string, string | undefined>>): Settings {
  const given = (name: SettingName) => env[name] || undefined;
  return { mode, given, get: (name) => given(name) ?? SETTINGS[name][mode] };
}

/** Those that are required and not set. */
export function missingSettings({ get }: Settings): SettingName[] {
  return (Object.keys(SETTINGS) as SettingName[]).filter((name) => get(name) === REQUIRED);
}
