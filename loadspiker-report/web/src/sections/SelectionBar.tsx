// What part of the run is looked at, to be seen and typed.
import { useState, useEffect } from 'preact/hooks';
import { useApp, useRun, useView } from '../state/app';
import { clock, parseClock, span, timeOfDay } from '../text/format';

export function SelectionBar() {
  const app = useApp();
  const run = useRun();
  const { range } = useView();
  const shown = range ?? { from: 0, to: run.end };
  const [from, setFrom] = useState(clock(shown.from));
  const [to, setTo] = useState(clock(shown.to));
  useEffect(() => {
    setFrom(clock(shown.from));
    setTo(clock(shown.to));
  }, [shown.from, shown.to]);
  const apply = () => {
    const [a, b] = [parseClock(from), parseClock(to)];
    if (a !== null && b !== null && b > a) app.select(a, b);
    else app.say('The range is not one: write times such as 0:30 and 1:15, the earlier one first');
  };
  const started = run.head.run.started_at_ms;
  const width = run.edges.length > 1 ? run.edges[1] - run.edges[0] : 0;
  return (
    <form class={`selection ${range ? 'active' : ''}`} aria-label="Part of the run" onSubmit={(event) => {
      event.preventDefault();
      apply();
    }}>
      <b>{range ? 'Selected' : 'Whole run'}</b>
      <label>from <input value={from} size={7} onInput={(event) => setFrom(event.currentTarget.value)} /></label>
      <label>to <input value={to} size={7} onInput={(event) => setTo(event.currentTarget.value)} /></label>
      <button type="submit" class={from === clock(shown.from) && to === clock(shown.to) ? 'hidden' : ''} tabIndex={from === clock(shown.from) && to === clock(shown.to) ? -1 : 0}>Apply</button>
      {range ? (
        <>
          <span class="note">
            {span(range.to - range.from)} · {timeOfDay(started, range.from)}–{timeOfDay(started, range.to)}
            {width > 1 ? ` · snaps to windows of ${span(width)}` : ''}
            {run.edges.length > 1 ? '' : ' · counts only: this run has no histograms per window'}
          </span>
          <button type="button" onClick={() => app.reset()}>Whole run <kbd>Esc</kbd></button>
        </>
      ) : (
        <span class="note">Drag over a chart to look at a part of the run.</span>
      )}
    </form>
  );
}
