/** A line of a panel: one value for each second. */
export interface Line {
  readonly name: string;
  readonly color: string;
  readonly values: readonly number[];
  /** Drawn as steps, as replicas come and go whole. */
  readonly steps?: boolean;
  readonly dashed?: boolean;
}

export interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly Line[];
}

const WIDTH = 960;
const LEFT = 64;
const RIGHT = 16;
const PANEL = 190;
const GAP = 58;
const TOP = 64;
const PLOT = WIDTH - LEFT - RIGHT;

/** Panels above one another over the same time, as an SVG that needs nothing else. */
export function plot(title: string, subtitle: string, panels: readonly Panel[]): string {
  const seconds = Math.max(...panels.flatMap(({ lines }) => lines.map(({ values }) => values.length)));
  const height = TOP + panels.length * (PANEL + GAP) + 8;
  const x = (t: number) => LEFT + (t / Math.max(1, seconds - 1)) * PLOT;
  const body = panels.map((panel, index) => drawn(panel, TOP + index * (PANEL + GAP), seconds, x)).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="${escaped(title)}">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="${LEFT}" y="24" font-size="17" font-weight="600" fill="#111">${escaped(title)}</text>
<text x="${LEFT}" y="42" fill="#555">${escaped(subtitle)}</text>
${body}
</svg>
`;
}

function drawn({ title, unit, lines }: Panel, top: number, seconds: number, x: (t: number) => number): string {
  const most = niceCeiling(Math.max(1, ...lines.flatMap(({ values }) => values)));
  const y = (value: number) => top + 22 + (1 - value / most) * (PANEL - 22);
  const parts = [`<text x="${LEFT}" y="${top + 8}" font-weight="600" fill="#111">${escaped(title)}</text>`];
  for (const part of [0, 0.25, 0.5, 0.75, 1]) {
    const at = y(most * part).toFixed(1);
    parts.push(`<line x1="${LEFT}" x2="${LEFT + PLOT}" y1="${at}" y2="${at}" stroke="#ddd"/>`);
    parts.push(`<text x="${LEFT - 8}" y="${Number(at) + 4}" text-anchor="end" fill="#555">${label(most * part)}</text>`);
  }
  for (let minute = 0; minute * 60 < seconds; minute++) {
    const at = x(minute * 60).toFixed(1);
    parts.push(`<text x="${at}" y="${top + PANEL + 16}" text-anchor="middle" fill="#555">${minute} min</text>`);
  }
  let legend = LEFT + PLOT;
  for (const line of lines.toReversed()) {
    const text = `${line.name} (${unit})`;
    legend -= text.length * 6.6 + 44;
    parts.push(`<line x1="${legend}" x2="${legend + 18}" y1="${top + 4}" y2="${top + 4}" ${stroke(line)}/>`);
    parts.push(`<text x="${legend + 24}" y="${top + 8}" fill="#111">${escaped(text)}</text>`);
  }
  for (const line of lines) parts.push(`<path fill="none" ${stroke(line)} d="${pathOf(line, x, y)}"/>`);
  return parts.join('\n');
}

const stroke = ({ color, dashed }: Line) => `stroke="${color}" stroke-width="2"${dashed ? ' stroke-dasharray="6 4"' : ''}`;

function pathOf({ values, steps = false }: Line, x: (t: number) => number, y: (value: number) => number): string {
  let text = '';
  values.forEach((value, t) => {
    const [atX, atY] = [x(t).toFixed(1), y(value).toFixed(1)];
    if (t === 0) text = `M${atX} ${atY}`;
    else text += steps ? `H${atX}V${atY}` : `L${atX} ${atY}`;
  });
  return text;
}

/** 1, 2, 4 or 8 times a power of ten: quarters of it are round. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 8].find((factor) => factor * power >= value) ?? 10) * power;
}

const label = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(1));
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
