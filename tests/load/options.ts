import { parseArgs } from 'node:util';

export interface LoadOptions {
  readonly perSecond: number;
  readonly seconds: number;
  readonly arrivals: 'poisson' | 'constant';
  readonly seed: number;
  readonly findKnee: boolean;
  /** Of each rate that is tried on the way to the knee. */
  readonly stepSeconds: number;
  readonly replicas: string | undefined;
  /** A system elsewhere. */
  readonly remote: { readonly url: string; readonly key: string } | undefined;
  readonly home: string | undefined;
  readonly out: string | undefined;
  readonly json: boolean;
}

export const HELP = `npm run load [-- options]

Asks for actions at a rate of its own, whatever the answers do. Latency counts from when a request was due, so a stall shows.
Takes the running stack, or starts one for as long as it takes.

  --rate 1000         requests a second
  --for 60s           how long (s, m)
  --arrivals poisson  as independent callers come (default), or constant
  --seed 1            of the Poisson arrivals: the same seed, the same load
  --find-knee         tries rate after rate from --rate on, until the system no longer follows, and says where that begins
  --step 10s          how long each of them is kept up
  --replicas LIST     of the stack that is started, such as gate-engine=3,executor=2
  --url URL --key KEY a system elsewhere, of which nothing is seen but its answers (plain HTTP; for a cluster there is tests/load/k6.js)
  --home DIR          folder of the running stack (TECHNO_HOME)
  --out DIR           where the results go (default: a new folder, whose name is printed): index.html, metrics.prom, result.json
  --json              result.json on stdout as well
  --help`;

/** @returns undefined when help is what was asked for. @throws Error what is wrong with the command line */
export function parseOptions(args: readonly string[]): LoadOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rate: { type: 'string' },
      for: { type: 'string', default: '60s' },
      arrivals: { type: 'string', default: 'poisson' },
      seed: { type: 'string', default: '1' },
      'find-knee': { type: 'boolean', default: false },
      step: { type: 'string', default: '10s' },
      replicas: { type: 'string' },
      url: { type: 'string' },
      key: { type: 'string' },
      home: { type: 'string' },
      out: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const findKnee = values['find-knee'];
  if (values.arrivals !== 'poisson' && values.arrivals !== 'constant') {
    throw new Error(`--arrivals is poisson or constant, not '${values.arrivals}'`);
  }
  return {
    perSecond: positive('--rate', values.rate ?? (findKnee ? '100' : '1000')),
    seconds: durationS('--for', values.for),
    arrivals: values.arrivals,
    seed: Number(values.seed),
    findKnee,
    stepSeconds: durationS('--step', values.step),
    replicas: values.replicas,
    remote: remoteOf(values.url, values.key),
    home: values.home,
    out: values.out,
    json: values.json,
  };
}

function remoteOf(url: string | undefined, key: string | undefined): LoadOptions['remote'] {
  if (url === undefined && key === undefined) return undefined;
  if (url === undefined || key === undefined) throw new Error('--url and --key go together');
  if (!/^http:\/\/[^/]+\/?$/.test(url)) throw new Error(`--url is '${url}'; it looks like http://host:8080`);
  return { url, key };
}

function durationS(name: string, text: string): number {
  const [, number = '', unit = 's'] = /^(\d+(?:\.\d+)?)(s|m)?$/.exec(text) ?? [];
  return positive(name, number) * (unit === 'm' ? 60 : 1);
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (text !== '' && Number.isFinite(number) && number > 0) return number;
  throw new Error(`${name} is '${text}', which is no number above 0; for example ${name === '--rate' ? '1000' : '60s'}`);
}
