// Copies a table as CSV or Markdown.
import { useApp } from '../state/app';
import { csv, markdown, toClipboard, type Cell } from '../text/copy';

export interface Copied {
  header: string[];
  /** Exact values. */
  cells: Cell[][];
  /** As they are shown. */
  texts: string[][];
}

export function CopyButtons(props: { what: string; table: () => Copied }) {
  const app = useApp();
  const copy = async (kind: 'CSV' | 'Markdown') => {
    const table = props.table();
    const text = kind === 'CSV' ? csv(table.header, table.cells) : markdown(table.header, table.texts);
    const done = await toClipboard(text);
    app.say(done ? `${props.what} copied as ${kind}` : `${props.what} could not be copied: the browser does not let this page write to the clipboard`);
  };
  return (
    <>
      <button type="button" class="quiet" onClick={() => copy('CSV')} aria-label={`Copy CSV: ${props.what}`}>Copy CSV</button>
      <button type="button" class="quiet" onClick={() => copy('Markdown')} aria-label={`Copy Markdown: ${props.what}`}>Copy Markdown</button>
    </>
  );
}
