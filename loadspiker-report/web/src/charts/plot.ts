// The uPlot options that all charts share: axes, grid, fonts, cursor, shaded stretches.
import uPlot from 'uplot';
import { clock } from '../text/format';
import { colour, faint, type Colour } from './colours';

export interface Line {
  name: string;
  colour: Colour;
  values: (number | null)[];
  /** Its own part, where lines are stacked: what the readout says. */
  parts?: (number | null)[];
  /** How a value is written. */
  format: (value: number) => string;
  /** Filled down to zero. */
  fill?: number;
  dash?: number[];
  width?: number;
  /** Drawn as steps, for what holds between two points. */
  stepped?: boolean;
  /** Points without a line. */
  dots?: boolean;
  /** Not drawn until the viewer asks for it. */
  off?: boolean;
  /** Lines between which the chart is filled: the place of the lower one, and how strongly. */
  bandTo?: { line: number; alpha: number };
}

/** A stretch of time that is shaded and named. */
export interface Stretch {
  from: number;
  to: number;
  name: string;
  colour: Colour;
}

/** A level that is drawn across: the limit of an assertion. */
export interface Level {
  at: number;
  name: string;
}

/** A moment that is marked. */
export interface Moment {
  at: number;
  name: string;
}

const FONT = '11px system-ui, sans-serif';

export interface PlotOptions {
  width: number;
  height: number;
  lines: Line[];
  /** How values stand at the axis. */
  axis: (value: number) => string;
  log?: boolean;
  stretches?: Stretch[];
  levels?: Level[];
  moments?: Moment[];
  /** Charts with the same key share their cursor. */
  sync?: string;
  x?: { format: (value: number) => string; log?: boolean; values?: (u: uPlot, splits: number[]) => string[] };
  range?: { from: number; to: number } | null;
  onSelect?: (from: number, to: number) => void;
  onCursor?: (index: number | null) => void;
}

export function options(of: PlotOptions): uPlot.Options {
  const axis = { stroke: colour('muted'), font: FONT, grid: { stroke: colour('grid'), width: 1 }, ticks: { show: false } };
  return {
    width: of.width,
    height: of.height,
    padding: [10, 24, 0, 0],
    legend: { show: false },
    cursor: {
      sync: of.sync ? { key: of.sync, setSeries: false } : undefined,
      drag: { x: of.onSelect !== undefined, y: false, setScale: false },
      points: { size: 6 },
      y: false,
    },
    scales: {
      x: {
        time: false,
        distr: of.x?.log ? 3 : 1,
        // A log scale would reach to the next power of ten.
        range: of.range ? [of.range.from, of.range.to] : of.x?.log ? (_, low, high) => [low, high] : undefined,
      },
      y: of.log ? { distr: 3, range: (_, low, high) => [low / 1.3, high * 1.3] } : { range: (_, low, high) => [Math.min(0, low), high <= 0 ? 1 : high * 1.08] },
    },
    axes: [
      { ...axis, size: 26, gap: 4, space: 64, values: of.x?.values ?? ((_, splits) => splits.map(of.x?.format ?? clock)), incrs: of.x ? undefined : SECONDS, splits: of.x?.log ? logSplits : undefined, filter: (_, splits) => splits },
      { ...axis, size: 58, gap: 6, space: 34, values: (_, splits) => splits.map((value) => (value === null ? '' : of.axis(value))), splits: of.log ? logSplits : undefined, filter: (_, splits) => splits },
    ],
    series: [{}, ...of.lines.map(series)],
    bands: of.lines.flatMap((line, place) =>
      line.bandTo ? [{ series: [place + 1, line.bandTo.line + 1] as [number, number], fill: faint(line.colour, line.bandTo.alpha) }] : [],
    ),
    hooks: {
      drawAxes: [(u) => shade(u, of.stretches ?? [])],
      draw: [(u) => levels(u, of.levels ?? []), (u) => marks(u, of.moments ?? [])],
      setSelect: [(u) => {
        if (u.select.width < 4 || !of.onSelect) return;
        const [from, to] = [u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x')];
        u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        of.onSelect(from, to);
      }],
      setCursor: [(u) => of.onCursor?.(u.cursor.left === undefined || u.cursor.left < 0 ? null : (u.cursor.idx ?? null))],
    },
  };
}

/** 1, 2 and 5 of each power of ten; where that is too much, 1 alone. */
function logSplits(u: uPlot, axis: number, low: number, high: number): number[] {
  const room = (axis === 0 ? u.bbox.width / 64 : u.bbox.height / 26) / devicePixelRatio;
  const decades = Math.log10(high / low);
  const steps = decades * 3 <= room ? [1, 2, 5] : [1];
  const found: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const step of steps) {
      const value = step * 10 ** power;
      if (value >= low && value <= high) found.push(value);
    }
  }
  return found.length > 0 ? found : [low, high];
}

const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];

function series(line: Line): uPlot.Series {
  return {
    label: line.name,
    show: !line.off,
    stroke: colour(line.colour),
    width: line.width ?? 1.5,
    dash: line.dash,
    fill: line.fill ? faint(line.colour, line.fill) : undefined,
    paths: line.dots ? () => null : line.stepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined,
    spanGaps: false,
    points: line.dots
      ? { show: true, size: 5, fill: faint(line.colour, 0.45), stroke: faint(line.colour, 0.9), width: 0.5 }
      // A value between two gaps would not be seen as a line.
      : { show: true, size: 4, fill: colour(line.colour), filter: (u, place) => alone(u.data[place] as (number | null)[]) },
  };
}

function alone(values: (number | null)[]): number[] {
  const found: number[] = [];
  values.forEach((value, at) => {
    if (value !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null) found.push(at);
  });
  return found;
}

/** Shades stretches behind the lines, each with its name at the top. */
function shade(u: uPlot, stretches: Stretch[]): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.textAlign = 'left';
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const stretch of stretches) {
    const left = u.valToPos(stretch.from, 'x', true);
    const right = Math.max(u.valToPos(stretch.to, 'x', true), left + 2);
    ctx.fillStyle = faint(stretch.colour, 0.12);
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    ctx.font = `${10 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.fillStyle = colour(stretch.colour);
    if (ctx.measureText(stretch.name).width < right - left) ctx.fillText(stretch.name, left + 4 * devicePixelRatio, bbox.top + 11 * devicePixelRatio);
  }
  ctx.restore();
}

/** Upright lines, each with its name beside it where it does not run into the one before. */
function marks(u: uPlot, all: Moment[]): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.fillStyle = colour('muted');
  ctx.textAlign = 'left';
  ctx.font = `${10 * devicePixelRatio}px system-ui, sans-serif`;
  let free = bbox.left;
  for (const moment of all) {
    ctx.strokeStyle = colour('muted');
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
    const x = u.valToPos(moment.at, 'x', true);
    if (!(x >= bbox.left && x <= bbox.left + bbox.width)) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const width = ctx.measureText(moment.name).width;
    const fits = x + 4 * devicePixelRatio + width <= bbox.left + bbox.width;
    const left = fits ? x + 4 * devicePixelRatio : x - 4 * devicePixelRatio - width;
    if (left < free) continue;
    const baseline = bbox.top + 11 * devicePixelRatio;
    ctx.setLineDash([]);
    ctx.strokeStyle = colour('bg');
    ctx.lineWidth = 3 * devicePixelRatio;
    ctx.strokeText(moment.name, left, baseline);
    ctx.fillText(moment.name, left, baseline);
    free = left + width + 6 * devicePixelRatio;
  }
  ctx.restore();
}

/** Dashed lines across, with their names. Those out of sight are left out. */
function levels(u: uPlot, all: Level[]): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.textAlign = 'left';
  for (const level of all) {
    const y = u.valToPos(level.at, 'y', true);
    if (!(y >= bbox.top && y <= bbox.top + bbox.height)) continue;
    ctx.strokeStyle = colour('fail');
    ctx.fillStyle = colour('fail');
    ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.font = `${10 * devicePixelRatio}px system-ui, sans-serif`;
    const width = ctx.measureText(level.name).width;
    ctx.setLineDash([]);
    ctx.strokeStyle = colour('bg');
    ctx.lineWidth = 3 * devicePixelRatio;
    const [left, bottom] = [bbox.left + bbox.width - width - 4 * devicePixelRatio, y - 4 * devicePixelRatio];
    ctx.strokeText(level.name, left, bottom);
    ctx.fillText(level.name, left, bottom);
  }
  ctx.restore();
}
