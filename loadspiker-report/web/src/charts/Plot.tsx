// A chart: uPlot in an element that follows its width, with a readout of the values below the cursor, keyboard, a
// summary in words, and downloads.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { csv, download, fileName } from '../text/copy';
import { colour } from './colours';
import { options, type PlotOptions } from './plot';

export interface PlotProps extends Omit<PlotOptions, 'width' | 'height'> {
  title: string;
  /** What the chart shows, in words. */
  summary: string;
  x0: number[];
  height?: number;
  /** How the place of the cursor is written. */
  at: (value: number) => string;
  /** Changes when colours do. */
  theme: string;
  children?: preact.ComponentChildren;
  note?: string;
}

export function Plot(props: PlotProps) {
  const { title, lines, x0, theme, range } = props;
  const place = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [switched, setSwitched] = useState<ReadonlyMap<string, boolean>>(new Map());
  const on = (name: string) => switched.get(name) ?? !props.lines.find((line) => line.name === name)?.off;
  const latest = useRef(props);
  latest.current = props;

  const read = (index: number | null) => {
    const box = readout.current;
    if (!box) return;
    const { lines, x0, at } = latest.current;
    box.querySelectorAll<HTMLElement>('[data-line]').forEach((element, line) => {
      const value = index === null ? null : ((lines[line]?.parts ?? lines[line]?.values)?.[index] ?? null);
      element.textContent = value === null ? '' : lines[line].format(value);
    });
    const when = box.querySelector<HTMLElement>('[data-at]');
    if (when) when.textContent = index === null || x0[index] === undefined ? '' : at(x0[index]);
  };

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const height = props.height ?? 190;
    const make = (width: number) =>
      new uPlot(
        options({ ...latest.current, lines: lines.map((line) => ({ ...line, off: !on(line.name) })), width, height, onCursor: read }),
        [x0, ...lines.map((line) => line.values)] as uPlot.AlignedData,
        element,
      );
    const made = make(Math.max(element.clientWidth, 120));
    plot.current = made;
    const size = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry.contentRect.width);
      if (width > 0 && width !== made.width) made.setSize({ width, height });
    });
    size.observe(element);
    return () => {
      size.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [x0, lines, theme, props.log, range?.from, range?.to, props.height, switched]);

  const keys = (event: KeyboardEvent) => {
    const u = plot.current;
    if (!u || x0.length === 0) return;
    const step = event.shiftKey ? 10 : 1;
    const low = x0.findIndex((x) => x >= (u.scales.x.min ?? -Infinity));
    const high = x0.findLastIndex((x) => x <= (u.scales.x.max ?? Infinity));
    const now = u.cursor.idx ?? low;
    const to = { ArrowLeft: now - step, ArrowRight: now + step, Home: low, End: high }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      const index = Math.min(high, Math.max(low, to));
      // The third argument tells the other charts; the types do not know it.
      (u.setCursor as (at: object, fire: boolean, tell: boolean) => void).call(u, { left: u.valToPos(x0[index], 'x'), top: 10 }, true, true);
    } else if ((event.key === 'Enter' || event.key === '+') && props.onSelect) {
      event.preventDefault();
      const [from, until] = [u.scales.x.min ?? 0, u.scales.x.max ?? 1];
      const middle = x0[now] ?? (from + until) / 2;
      const quarter = (until - from) / 4;
      props.onSelect(Math.max(from, middle - quarter), Math.min(until, middle + quarter));
    }
  };

  const png = () => {
    const u = plot.current;
    if (!u) return;
    // On the background of the page: what is transparent would be black elsewhere.
    const copy = document.createElement('canvas');
    copy.width = u.ctx.canvas.width;
    copy.height = u.ctx.canvas.height;
    const to = copy.getContext('2d');
    if (!to) return;
    to.fillStyle = colour('bg');
    to.fillRect(0, 0, copy.width, copy.height);
    to.drawImage(u.ctx.canvas, 0, 0);
    copy.toBlob((blob) => blob && download(`${fileName(title)}.png`, blob));
  };
  const table = () => {
    const rows = x0.map((x, index) => [x, ...lines.map((line) => (line.parts ?? line.values)[index] ?? null)]);
    download(`${fileName(title)}.csv`, new Blob([csv(['x', ...lines.map((line) => line.name)], rows)], { type: 'text/csv' }));
  };

  return (
    <figure class="chart" aria-label={title}>
      <figcaption>
        <h3>{title}</h3>
        {props.children}
        <span class="tools">
          <button type="button" class="quiet" onClick={png} aria-label={`PNG: download “${title}”`}>PNG</button>
          <button type="button" class="quiet" onClick={table} aria-label={`CSV: download “${title}”`}>CSV</button>
        </span>
      </figcaption>
      <div class="readout" ref={readout}>
        {lines.map((line) => {
          const content = <><i class={`swatch ${line.dash ? 'dashed' : ''} c-${line.colour}`} />{line.name} <b data-line aria-hidden="true" /></>;
          if (lines.length === 1) return <span class="key" key={line.name}>{content}</span>;
          return (
            <button type="button" class={`key ${on(line.name) ? '' : 'off'}`} key={line.name} aria-pressed={on(line.name)} title={on(line.name) ? `Hide ${line.name}` : `Show ${line.name}`}
              onClick={() => setSwitched(new Map(switched).set(line.name, !on(line.name)))}>{content}</button>
          );
        })}
        <span class="when" data-at aria-hidden="true" />
      </div>
      <div
        class="plot" ref={place} tabIndex={0} role="application" aria-roledescription="chart"
        aria-label={`${title}. ${props.summary} Arrow keys move the cursor${props.onSelect ? ', Enter zooms in, Escape out' : ''}.`}
        onKeyDown={keys}
      />
      {props.note ? <p class="note">{props.note}</p> : null}
    </figure>
  );
}
