// The page: its parts in the order in which questions are asked.
import { useEffect } from 'preact/hooks';
import { ChartGrid } from './sections/ChartGrid';
import { Distribution } from './sections/Distribution';
import { Drawer } from './sections/Drawer';
import { Errors } from './sections/Errors';
import { Tags } from './sections/Tags';
import { Executive } from './sections/Executive';
import { Header } from './sections/Header';
import { Checks, Metrics, Waits } from './sections/Measured';
import { Requests } from './sections/Requests';
import { RunCard } from './sections/RunCard';
import { SelectionBar } from './sections/SelectionBar';
import { Breakdown } from './sections/Statuses';
import { Verdict } from './sections/Verdict';
import { AppContext, type App } from './state/app';
import { useStore } from './state/store';

export function Page(props: { app: App }) {
  const { app } = props;
  const request = useStore(app.view, (view) => view.request);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => keys(app, event);
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, [app]);
  return (
    <AppContext.Provider value={app}>
      <Executive />
      <div class="page" inert={request !== null && app.run.get().head.rows.some((row) => row.path.join('/') === request)}>
        <Header />
        <main>
          <Verdict />
          <SelectionBar />
          <ChartGrid />
          <Requests />
          <Distribution />
          <Breakdown />
          <Errors />
          <Tags />
          <Checks />
          <Waits />
          <Metrics />
          <RunCard />
        </main>
        <footer>
          Made by LoadSpiker {app.run.get().head.run.version}. Keys: <kbd>/</kbd> search · <kbd>Esc</kbd> back · on a chart <kbd>←</kbd> <kbd>→</kbd> move the cursor, <kbd>Enter</kbd> zooms.
        </footer>
      </div>
      <Drawer />
      <Said app={app} />
    </AppContext.Provider>
  );
}

function keys(app: App, event: KeyboardEvent): void {
  const typing = event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
  if (event.key === 'Escape') {
    const view = app.view.get();
    if (view.request !== null) app.view.update({ request: null });
    else if (typing && view.filter) app.view.update({ filter: '' });
    else if (view.range) app.reset();
  } else if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    document.getElementById('search')?.focus();
  }
}

/** What is said aloud is also shown for a while. */
function Said(props: { app: App }) {
  const text = useStore(props.app.said, (said) => said);
  useEffect(() => {
    if (!text) return;
    const timer = setTimeout(() => props.app.said.set(''), 4000);
    return () => clearTimeout(timer);
  }, [text]);
  return <div class={`said ${text ? 'on' : ''}`} role="status" aria-live="polite">{text}</div>;
}
