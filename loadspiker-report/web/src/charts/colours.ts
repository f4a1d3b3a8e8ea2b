// The colours of charts, read from the style sheet, so that theme and print need no second list.

const NAMES = ['bg', 'surface', 'grid', 'text', 'muted', 'accent', 'ok', 'fail', 'warn', 'p50', 'p75', 'p95', 'p99', 'max'] as const;
export type Colour = (typeof NAMES)[number] | `s${number}`;

export function colour(name: Colour): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim() || '#888';
}

/** The same colour, so transparent. */
export function faint(name: Colour, alpha: number): string {
  const value = colour(name).replace('#', '');
  const [r, g, b] = [0, 2, 4].map((at) => parseInt(value.slice(at, at + 2), 16));
  return `rgba(${r}, ${g}, ${b}, ${alpha})`;
}
