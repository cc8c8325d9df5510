import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { type ServiceName, SERVICES } from '@techno/contracts';
import { startOtlpReceiver } from '@techno/embedded';
import type { Stack } from '../../../launcher/stack-file.ts';
import { type MonitoredStack, startMonitoring } from '../../../monitoring/start-monitoring.ts';
import type { Pace } from '../../../monitoring/pace.ts';
import { BrokenPromise } from '../broken-promise.ts';
import { ownEnvironment } from '../config.ts';
import { missingSettings, ROOT, type Settings } from '../settings.ts';
import { logsInFolder } from './logs-in-folder.ts';
import { startOwnStack } from './own-stack.ts';
import { type OwnUpstream, startUpstream } from './own-upstream.ts';
import { dashboardsWithBrokenQuery, type Plant, RENAMED, renamingProxy } from './plants.ts';
import { fromJaeger, fromReceiver } from './trace-sources.ts';
import type { Process, World } from './world.ts';

const STOPPED: ServiceName = 'auditor';

/** What `stack.env` tells a stack that runs already. */
const COLLECTOR_PORT = 4318;
const UPSTREAM_PORT = 8099;

/**
 * Brings up or takes what the settings say. Whatever cannot be had is a broken promise: nothing is left out in silence. What
 * was begun is ended again where it fails.
 */
export async function openWorld(settings: Settings, plant?: Plant): Promise<World> {
  const missing = missingSettings(settings);
  if (missing.length > 0) throw new BrokenPromise(`not set: ${missing.join(', ')}; what they are for cannot be checked`);
  const closers: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const close of closers.reverse()) await close().catch(() => undefined);
    closers.length = 0;
  };
  try {
    return { ...(await build(settings, plant, (close) => closers.push(close))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(
  settings: Settings,
  plant: Plant | undefined,
  onClose: (close: () => Promise<unknown>) => void,
): Promise<Omit<World, 'stop'>> {
  const { get, given } = settings;
  const since = Date.now();
  const ownStack = get('OBS_STACK') === 'own';
  const [collector, port] = get('OBS_TRACES').split(/:(?=\d+$)/);
  const receiver =
    collector === 'own' ? await startOtlpReceiver({ port: Number(port ?? (ownStack ? 0 : COLLECTOR_PORT)) }) : undefined;
  if (receiver !== undefined) onClose(() => receiver.stop());
  const listen = get('OBS_UPSTREAM_LISTEN');
  const upstream = await startUpstream(
    listen === 'own' ? `127.0.0.1:${ownStack ? 0 : UPSTREAM_PORT}` : listen,
    given('OBS_UPSTREAM_URL'),
  );
  onClose(() => upstream.stop());

  const taken = await takeStack(settings, stackEnvironment(plant, receiver?.endpoint, upstream));
  if (taken?.stop !== undefined) onClose(taken.stop);
  const stack = taken?.stack;

  const processes = await planted(processesOf(given('OBS_OPS_URLS'), stack), plant, onClose);
  const [webhookSource = '', webhookSecret = ''] = (given('OBS_WEBHOOK') ?? '').split(/=(.*)/s);
  const gateway = given('OBS_GATEWAY_URL') ?? needed(stack, 'OBS_GATEWAY_URL').gateway;
  const watched = await monitoring(settings, stack && { ...stack, processes }, onClose);
  const dashboards = path.resolve(ROOT, get('OBS_DASHBOARDS'));
  const broken = plant === 'query-broken' ? dashboardsWithBrokenQuery(dashboards) : undefined;
  if (broken !== undefined) onClose(() => rm(broken, { recursive: true, force: true }));
  if (plant === 'service-stopped') stopService(needed(stack, 'OBS_STACK'), onClose);
  const standIns = given('OBS_STAND_INS_URL') ?? stack?.standIns.url;

  return {
    processes,
    gateway,
    apiKey: given('OBS_API_KEY') ?? needed(stack, 'OBS_API_KEY').apiKey,
    adminKey: given('OBS_ADMIN_KEY') ?? needed(stack, 'OBS_ADMIN_KEY').adminKey,
    ...watched,
    traces: receiver === undefined ? fromJaeger(get('OBS_TRACES')) : fromReceiver(receiver),
    logs: logsInFolder(given('OBS_LOGS') ?? taken?.logs ?? '', taken?.stop === undefined ? since : 0),
    upstream,
    standIns: standIns === 'none' ? undefined : standIns,
    webhook:
      given('OBS_WEBHOOK') === undefined
        ? needed(stack, 'OBS_WEBHOOK').webhook
        : { url: `${gateway}/v1/webhooks/${webhookSource}`, secret: webhookSecret },
    dashboards: broken ?? dashboards,
  };
}

/** What a stack for the run is started with, but for what the environment of the run says itself: who has switched it off is told. */
function stackEnvironment(
  plant: Plant | undefined,
  collector: string | undefined,
  upstream: OwnUpstream,
): Readonly<Record<string, string>> {
  const asked = ownEnvironment();
  return {
    TECHNO_TRACE_RATIO: plant === 'tracing-off' ? '0' : (asked['TECHNO_TRACE_RATIO'] ?? '1'),
    OTEL_EXPORTER_OTLP_ENDPOINT: asked['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? collector ?? '',
    TECHNO_EGRESS_ALLOW: upstream.host,
    LLM_BASE_URL: upstream.llmUrl,
    LLM_MODEL: 'obs-model',
    LLM_INPUT_USD_PER_MTOK: '1',
    LLM_OUTPUT_USD_PER_MTOK: '2',
  };
}

interface TakenStack {
  readonly stack: Stack;
  readonly logs: string;
  /** Of a stack that was started for the run. */
  readonly stop?: () => Promise<void>;
}

async function takeStack({ get }: Settings, env: Readonly<Record<string, string>>): Promise<TakenStack | undefined> {
  const wanted = get('OBS_STACK');
  if (wanted === 'none') return undefined;
  if (wanted === 'own') return startOwnStack(env);
  const file = path.resolve(ROOT, wanted);
  try {
    return { stack: JSON.parse(readFileSync(file, 'utf8')) as Stack, logs: path.join(path.dirname(file), 'logs') };
  } catch (cause) {
    throw new BrokenPromise(`OBS_STACK: ${file} cannot be read: no stack runs there`, { cause });
  }
}

function needed<Known>(stack: Known | undefined, setting: string): Known {
  if (stack === undefined) throw new BrokenPromise(`${setting} is not set, and there is no stack to take it from`);
  return stack;
}

function processesOf(given: string | undefined, stack: Stack | undefined): Process[] {
  if (given === undefined)
    return needed(stack, 'OBS_OPS_URLS').processes.map(({ service, ops }) => ({ service: service as ServiceName, ops }));
  return given.split(',').map((part) => {
    const [service = '', ops = ''] = part.split(/=(.*)/s);
    if (!SERVICES.some((known) => known === service) || !URL.canParse(ops))
      throw new BrokenPromise(`OBS_OPS_URLS: '${part}' is not service=http://host:port`);
    return { service: service as ServiceName, ops: ops.replace(/\/$/, '') };
  });
}

async function monitoring(
  { get }: Settings,
  stack: MonitoredStack | undefined,
  onClose: (close: () => Promise<unknown>) => void,
): Promise<Pick<World, 'prometheusUrl' | 'alertmanagerUrl'>> {
  const [prometheusUrl, alertmanagerUrl] = [get('OBS_PROMETHEUS_URL'), get('OBS_ALERTMANAGER_URL')];
  if (prometheusUrl !== 'own' && alertmanagerUrl !== 'own') return { prometheusUrl, alertmanagerUrl };
  if (prometheusUrl !== alertmanagerUrl)
    throw new BrokenPromise('OBS_PROMETHEUS_URL and OBS_ALERTMANAGER_URL: both are `own`, or neither');
  const stopping = new AbortController();
  const own = await startMonitoring(needed(stack, 'OBS_PROMETHEUS_URL'), stopping.signal, {
    pace: paceOf(get('OBS_PACE')),
  });
  onClose(() => (stopping.abort(), own.stopped));
  return own;
}

function paceOf(text: string): Pace {
  if (text === 'production' || text === 'prompt' || text === 'brisk') return text;
  throw new BrokenPromise(`OBS_PACE is '${text}', which is none of production, prompt and brisk`);
}

async function planted(
  processes: Process[],
  plant: Plant | undefined,
  onClose: (close: () => Promise<unknown>) => void,
): Promise<Process[]> {
  if (plant !== 'metric-renamed') return processes;
  return Promise.all(
    processes.map(async (process) => {
      if (process.service !== RENAMED.service) return process;
      const proxy = await renamingProxy(process.ops);
      onClose(() => proxy.stop());
      return { ...process, ops: proxy.ops };
    }),
  );
}

/** Stopped and not ended: its supervisor would start it again before anybody looks. */
function stopService(stack: Stack, onClose: (close: () => Promise<unknown>) => void): void {
  const pids = stack.processes.filter(({ service }) => service === STOPPED).map(({ pid }) => pid);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  onClose(() => {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    return Promise.resolve();
  });
}
