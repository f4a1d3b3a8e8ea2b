// Makes the page: reads the data, shows the figures, and what is drawn as soon as it is unpacked.
import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './styles/tokens.css';
import './styles/page.css';
import './styles/parts.css';
import './styles/print.css';
import { readBulk, readHead } from './data/load';
import { RunData } from './data/run';
import { WindowStore } from './data/windows';
import { Page } from './Page';
import { App } from './state/app';

const place = document.getElementById('page');
if (place) {
  try {
    const head = readHead();
    const app = new App(new RunData(head, null));
    render(<Page app={app} />, place);
    const rest = readBulk().then(async (bulk) => new RunData(head, bulk, await WindowStore.read(bulk?.windows, head.rows)));
    rest.then(
      (run) => {
        app.run.set(run);
        const { range } = app.view.get();
        if (range) app.select(range.from, range.to);
        document.documentElement.dataset.ready = 'yes';
      },
      (error: unknown) => app.say(`Histograms and series of requests could not be read: ${String(error)}`),
    );
  } catch (error) {
    place.textContent = `This report cannot be shown: ${error instanceof Error ? error.message : String(error)}`;
  }
}
