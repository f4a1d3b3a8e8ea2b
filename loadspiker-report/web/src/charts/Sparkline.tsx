// A line as small as a word: the 95th percentile over time, with marks where requests failed.

export function Sparkline(props: { values: (number | null)[]; failed: number[]; label: string }) {
  const [width, height, most] = [96, 20, 48];
  const size = Math.max(1, Math.ceil(props.values.length / most));
  const points: { high: number | null; bad: boolean }[] = [];
  for (let at = 0; at < props.values.length; at += size) {
    const known = props.values.slice(at, at + size).filter((value): value is number => value !== null);
    points.push({ high: known.length ? Math.max(...known) : null, bad: props.failed.slice(at, at + size).some((n) => n > 0) });
  }
  const top = Math.max(...points.map((point) => point.high ?? 0), 1e-9);
  const x = (at: number) => (points.length < 2 ? width / 2 : (at / (points.length - 1)) * (width - 2) + 1);
  let path = '';
  let pen = false;
  points.forEach((point, at) => {
    if (point.high === null) {
      pen = false;
      return;
    }
    path += `${pen ? 'L' : 'M'}${x(at).toFixed(1)} ${(height - 4 - (point.high / top) * (height - 6)).toFixed(1)}`;
    if (!pen && points[at + 1]?.high == null) path += 'h1';
    pen = true;
  });
  return (
    <svg class="spark" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={props.label}>
      <path d={path} fill="none" class="line" />
      {points.map((point, at) => (point.bad ? <rect key={at} x={x(at) - 1} y={height - 3} width="2" height="3" class="bad" /> : null))}
    </svg>
  );
}
