// A small table: texts to the left, numbers to the right, copied as CSV and Markdown.
import type { ComponentChildren } from 'preact';
import type { Cell } from '../text/copy';

export interface Column<R> {
  title: string;
  number?: boolean;
  /** The exact value, for copies. */
  cell: (row: R) => Cell;
  /** As it is shown; the exact value if it is left out. */
  show?: (row: R) => ComponentChildren;
  /** As it is copied to Markdown. */
  text?: (row: R) => string;
  /** Only in copies. */
  hidden?: boolean;
}

export function textOf<R>(column: Column<R>, row: R): string {
  return column.text?.(row) ?? String(column.cell(row) ?? '');
}

export function copied<R>(columns: Column<R>[], rows: readonly R[]) {
  return {
    header: columns.map((column) => column.title),
    cells: rows.map((row) => columns.map((column) => column.cell(row))),
    texts: rows.map((row) => columns.map((column) => textOf(column, row))),
  };
}

export function DataTable<R>(props: { caption: string; columns: Column<R>[]; rows: readonly R[]; bad?: (row: R) => boolean }) {
  const { rows } = props;
  const columns = props.columns.filter((column) => !column.hidden);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={`${props.caption}, a table that scrolls`}>
      <table class="data">
        <caption class="hidden">{props.caption}</caption>
        <thead>
          <tr>{columns.map((column) => <th key={column.title} scope="col" class={column.number ? 'n' : ''}>{column.title}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at} class={props.bad?.(row) ? 'bad' : ''}>
              {columns.map((column, place) => {
                const content = column.show ? column.show(row) : textOf(column, row);
                return place === 0 ? <th key={place} scope="row">{content}</th> : <td key={place} class={column.number ? 'n' : ''}>{content}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
