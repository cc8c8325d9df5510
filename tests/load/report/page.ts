import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createHistogram } from '../../../bench/load/histogram.ts';
import { overload } from '../knee.ts';
import { plotsOf } from './plots.ts';
import type { LoadResult } from './result.ts';

const UPLOT = path.dirname(createRequire(import.meta.url).resolve('uplot'));

/** One file that needs nothing else: the plots, drawn by uPlot inside of it, and the figures behind them. */
export async function page(result: LoadResult): Promise<string> {
  const [script, style] = await Promise.all([
    readFile(path.join(UPLOT, 'uPlot.iife.min.js'), 'utf8'),
    readFile(path.join(UPLOT, 'uPlot.min.css'), 'utf8'),
  ]);
  const { run, knee } = result;
  const title = knee === undefined ? `Load: ${run.perSecond} a second` : `The knee: ${knee.perSecond ?? 'none'} a second`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${style}${STYLE}</style></head>
<body><main><h1>${escaped(title)}</h1>
<p>${[result.at, result.command, ...result.machine].map(escaped).join('<br>')}</p>
${facts(result)}
${knee === undefined ? '' : steps(knee)}
<div id="plots"></div>
<noscript>The plots need JavaScript; result.json beside this file has the figures.</noscript></main>
<script>${script.replaceAll('</script', String.raw`<\/script`)}</script>
<script>const PLOTS = ${JSON.stringify(plotsOf(result)).replaceAll('<', String.raw`\u003c`)};
${DRAW}</script></body></html>
`;
}

function facts({ run, arrivals }: LoadResult): string {
  const latency = createHistogram(run.latency);
  const ms = (percent: number) => `${(latency.percentile(percent) / 1_000).toFixed(1)} ms`;
  const rows = [
    ['Asked for', `${run.perSecond} a second (${arrivals}), ${run.due} requests`],
    ['Answered as they must be', String(run.good)],
    [
      'Otherwise',
      Object.entries(run.faults)
        .map(([kind, { count }]) => `${count} × ${kind}`)
        .join(', ') || 'none',
    ],
    ['Latency p50 / p95 / p99 / max', `${ms(50)} / ${ms(95)} / ${ms(99)} / ${(latency.max / 1_000).toFixed(1)} ms`],
  ];
  return `<table>${rows.map(([name = '', value = '']) => `<tr><th>${escaped(name)}</th><td>${escaped(value)}</td></tr>`).join('')}</table>`;
}

function steps(knee: NonNullable<LoadResult['knee']>): string {
  const rows = knee.steps.map((step) => [
    String(step.perSecond),
    step.achieved.toFixed(0),
    `${(step.p50 / 1_000).toFixed(1)} ms`,
    `${(step.p99 / 1_000).toFixed(1)} ms`,
    overload(step) ?? 'followed',
  ]);
  const cells = (tag: 'th' | 'td', list: readonly string[]) => list.map((text) => `<${tag}>${escaped(text)}</${tag}>`).join('');
  return `<p>${escaped(knee.because)}.</p><table><tr>${cells('th', ['asked for', 'answered', 'p50', 'p99', ''])}</tr>
${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n')}</table>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

const STYLE = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1c2430;--soft:#5b6573;--line:#e3e6ea}
@media(prefers-color-scheme:dark){:root{--paper:#14181f;--ink:#e4e8ee;--soft:#98a2b0;--line:#2b323d}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:0}
main{max-width:64rem;margin:2rem auto;padding:0 1rem}h1{font-size:1.6rem;margin:0 0 .5rem}
main>p{color:var(--soft);overflow-wrap:anywhere}
table{border-collapse:collapse;margin:1rem 0}
th,td{text-align:left;padding:.2rem 1rem .2rem 0;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}
th{font-weight:600}.u-title{font-size:15px;text-align:left;padding-left:3.5rem}#plots>div{margin:1.5rem 0}
.u-legend{color:var(--ink);font-size:13px}.u-inline.u-live th::after{content:':'}`;

/** Runs in the browser. */
const DRAW = String.raw`
const LIGHT = ['#2457c5', '#d1495b', '#1f8a54', '#a86f00', '#7b4fb5', '#0b7a8a', '#8a5a44', '#5b6573', '#b0307f', '#567f14'];
const DARK = ['#7ea6ff', '#ff8593', '#5fd39a', '#ffc247', '#c19bf5', '#4fd0e0', '#d9a58c', '#aab4c2', '#f57cc4', '#b4d95a'];
const host = document.getElementById('plots');
const dark = matchMedia('(prefers-color-scheme: dark)');
const width = () => Math.max(320, host.clientWidth);
let drawn = [];
function draw() {
  for (const plot of drawn) plot.destroy();
  host.replaceChildren();
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const colours = dark.matches ? DARK : LIGHT;
  const axis = { stroke: colour('--soft'), grid: { stroke: colour('--line') }, ticks: { stroke: colour('--line') } };
  drawn = PLOTS.map(({ title, xLabel, yLabel, series }) => {
    const target = document.createElement('div');
    host.append(target);
    const shown = (_, value) => value == null ? '–' : Math.abs(value) < 10 ? value.toFixed(2) : value.toFixed(0);
    return new uPlot({
      title, width: width(), height: 280,
      scales: { x: { time: false } },
      axes: [{ ...axis, label: xLabel }, { ...axis, label: yLabel, size: 70 }],
      series: series.map(({ name }, index) => index === 0 ? { label: name, value: shown }
        : { label: name, stroke: colours[(index - 1) % colours.length], width: 2, points: { show: series[0].points.length < 40, fill: colour('--paper') }, value: shown }),
    }, series.map(({ points }) => points), target);
  });
}
draw();
dark.addEventListener('change', draw);
addEventListener('resize', () => drawn.forEach((plot) => plot.setSize({ width: width(), height: 280 })));`;
