import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The part of V8's profile format that is read here: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface HotSpot {
  readonly name: string;
  /** Of the time the process was busy, without what it called. */
  readonly share: number;
}

export interface HotSpots {
  /** By npm package, workspace folder, or part of Node. */
  readonly places: readonly HotSpot[];
  readonly functions: readonly HotSpot[];
}

const NOT_BUSY = new Set(['(idle)', '(root)']);

/** Where the busy time of a profile went, the most first. */
export async function hotSpotsOf(file: string, root: string): Promise<HotSpots> {
  return hotSpots(JSON.parse(await readFile(file, 'utf8')) as CpuProfile, root);
}

export function hotSpots(profile: CpuProfile, root: string): HotSpots {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const places = new Map<string, number>();
  const functions = new Map<string, number>();
  let busy = 0;
  profile.samples.forEach((id, index) => {
    const frame = frames.get(id);
    if (frame === undefined || NOT_BUSY.has(frame.functionName)) return;
    const micros = profile.timeDeltas[index] ?? 0;
    const place = placeOf(frame, root);
    const name = `${frame.functionName || '(anonymous)'} ${where(frame, root)}`.trim();
    places.set(place, (places.get(place) ?? 0) + micros);
    functions.set(name, (functions.get(name) ?? 0) + micros);
    busy += micros;
  });
  const ranked = (times: Map<string, number>): HotSpot[] =>
    [...times].map(([name, micros]) => ({ name, share: micros / Math.max(1, busy) })).toSorted((a, b) => b.share - a.share);
  return { places: ranked(places), functions: ranked(functions) };
}

type CallFrame = CpuProfile['nodes'][number]['callFrame'];

function placeOf({ functionName, url }: CallFrame, root: string): string {
  if (functionName.startsWith('(')) return functionName;
  if (url === '') return 'V8 and native code';
  if (url.startsWith('node:')) return 'node';
  const file = relative(url, root);
  const inside = file.lastIndexOf('node_modules/');
  const parts = file.slice(inside === -1 ? 0 : inside + 'node_modules/'.length).split('/');
  // `@scope/name` of a package, or `libs/name` of a workspace.
  const isTwoPart = inside === -1 || parts[0]?.startsWith('@') === true;
  return parts.slice(0, isTwoPart ? 2 : 1).join('/');
}

function where({ url, lineNumber }: CallFrame, root: string): string {
  return url === '' ? '' : `${relative(url, root)}:${lineNumber + 1}`;
}

function relative(url: string, root: string): string {
  return path.relative(root, url.startsWith('file:') ? fileURLToPath(url) : url.startsWith('node:') ? path.join(root, url) : url);
}
