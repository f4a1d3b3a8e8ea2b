// Figures as people read them, with three significant digits and units, as `loadspiker_core::report::format` does.

const NONE = '–';

/** A time in microseconds: `850 µs`, `12.3 ms`, `1.20 s`, `2 min 5 s`. */
export function time(micros: number | null | undefined): string {
  if (micros === null || micros === undefined || !Number.isFinite(micros)) return NONE;
  if (micros === 0) return '0 ms';
  if (micros < 1) return `${Math.round(micros * 1000)} ns`;
  if (micros >= 120e6) return span(micros / 1e6);
  for (const [unit, size] of [['µs', 1], ['ms', 1e3], ['s', 1e6]] as const) {
    const text = digits(micros / size, 3);
    if (Number(text) < 1000 || unit === 's') return `${text} ${unit}`;
  }
  return NONE;
}

/** A time at an axis: no zeros behind the point. */
export function tick(micros: number): string {
  return time(micros).replace(/(\.\d*?)0+(?= )/, '$1').replace(/\.(?= )/, '');
}

/** A stretch of seconds: `8.5 s`, `2 min 5 s`, `1 h 2 min`. */
export function span(seconds: number): string {
  if (seconds < 120) return `${digits(seconds, 3).replace(/\.0+$/, '')} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** A point on the time axis: `0:42`, `12:05`, `1:02:05`. */
export function clock(seconds: number): string {
  const sign = seconds < 0 ? '-' : '';
  const whole = Math.floor(Math.abs(seconds) + 1e-9);
  const rest = String(whole % 60).padStart(2, '0');
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return sign + (hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`);
}

/** Reads `90`, `90s`, `1:30`, `1:02:05` as seconds; null if it is none of these. */
export function parseClock(text: string): number | null {
  const parts = text.trim().replace(/s$/, '').split(':');
  if (parts.length > 3 || parts.some((part) => !/^\d+(\.\d+)?$/.test(part))) return null;
  return parts.reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** A count: `12,345`. */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : Math.round(value).toLocaleString('en-US');
}

/** A count where there is little room: `12.3k`, `4.56M`. */
export function short(value: number): string {
  for (const [unit, size] of [['G', 1e9], ['M', 1e6], ['k', 1e3]] as const) {
    if (Math.abs(value) >= size * (unit === 'k' ? 10 : 1)) return digits(value / size, 3) + unit;
  }
  return Number.isInteger(value) || Math.abs(value) >= 1000 ? count(value) : digits(value, 3).replace(/0+$/, '');
}

/** A rate or another figure with three significant digits. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  if (value === 0) return '0';
  return Math.abs(value) >= 1000 ? count(value) : digits(value, 3);
}

/** A share of a whole, in percent. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return NONE;
  const value = (part * 100) / whole;
  if (part > 0 && value < 0.01) return '< 0.01 %';
  if (part < whole && value > 99.99) return '> 99.99 %';
  return value === 0 || value === 100 ? `${value} %` : `${value < 10 ? value.toFixed(2) : value.toFixed(1)} %`;
}

/** Bytes in powers of 1000. */
export function bytes(value: number): string {
  let amount = value;
  for (const unit of ['B', 'kB', 'MB', 'GB', 'TB']) {
    if (Math.abs(amount) < 1000 || unit === 'TB') return `${unit === 'B' && (amount >= 100 || Number.isInteger(amount)) ? Math.round(amount) : digits(amount, 3)} ${unit}`;
    amount /= 1000;
  }
  return NONE;
}

/** So many significant digits, but all before the point. */
function digits(value: number, significant: number): string {
  const places = (x: number) => Math.max(0, significant - String(Math.trunc(Math.abs(x))).length);
  const rounded = Number(value.toFixed(places(value)));
  if (Math.abs(rounded) < 1 && rounded !== 0) return String(Number(value.toPrecision(significant)));
  return rounded.toFixed(places(rounded));
}

/** `1 error`, `2 errors`. */
export function counted(value: number, what: string): string {
  return `${count(value)} ${what}${value === 1 ? '' : 's'}`;
}

/** The time of day of a moment of the run, in the viewer's zone. */
export function timeOfDay(startedAtMs: number, seconds: number): string {
  return new Date(startedAtMs + seconds * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}

export function date(ms: number): string {
  return new Date(ms).toLocaleString([], { dateStyle: 'medium', timeStyle: 'medium' });
}

export function utc(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
}
