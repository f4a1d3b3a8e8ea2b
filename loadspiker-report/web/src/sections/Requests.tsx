// The table of groups and requests, as a tree.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Sparkline } from '../charts/Sparkline';
import { ColumnChooser } from '../components/ColumnChooser';
import { CopyButtons } from '../components/CopyButtons';
import { ROW, useRows } from '../components/useRows';
import { Section } from '../components/Section';
import { lines, tree, type Node } from '../data/tree';
import type { Shown } from '../data/select';
import type { RunData } from '../data/run';
import { useApp, useRun, useView } from '../state/app';
import { useStore } from '../state/store';
import { clock, time } from '../text/format';
import { COLUMNS, STANDARD, type RequestColumn } from './columns';

const CHOICES = [...COLUMNS.map(({ id, title, about }) => ({ id, title, about })), { id: 'trend', title: 'Trend', about: '95th percentile over time, with marks where requests failed' }];

export function Requests() {
  const app = useApp();
  const run = useRun();
  const view = useView();
  const kept = useStore(app.columns, (ids) => ids);
  const satisfied = useStore(app.satisfied, (ms) => ms);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const printing = usePrinting();
  const chosen = kept ?? STANDARD;
  const columns = COLUMNS.filter((column) => chosen.includes(column.id));
  const rows = run.rows(view.range);
  const roots = useMemo(() => tree(rows), [rows]);
  const byName = view.sort === 'name';
  const sorted = COLUMNS.find((column) => column.id === view.sort);
  const shown = useMemo(() => {
    const key = byName ? (one: Shown) => one.row.path.at(-1) ?? '' : sorted ? (one: Shown) => sorted.key(one, satisfied) : null;
    return lines(roots, view.filter, key, view.descending, closed);
  }, [roots, view.filter, view.sort, view.descending, closed, satisfied]);
  const all: Node = { shown: rows[0], name: 'All requests', id: '', depth: 0, children: [] };
  const box = useRef<HTMLDivElement>(null);
  const { from, to, scrolls } = useRows(box, shown.length, printing);
  const sort = (id: string) => {
    if (view.sort !== id) app.view.update({ sort: id, descending: id !== 'name' });
    else if (view.descending === (id !== 'name')) app.view.update({ descending: id === 'name' });
    else app.view.update({ sort: null, descending: true });
  };
  const toggle = (id: string) => {
    const next = new Set(closed);
    if (!next.delete(id)) next.add(id);
    setClosed(next);
  };
  const copied = () => {
    const nodes = [all, ...shown];
    return {
      header: ['Request', ...columns.map((column) => (column.unit ? `${column.title.replace(/ %$/, '')} (${column.unit})` : column.title))],
      cells: nodes.map((node) => [node.shown.row.path.join(' / ') || node.name, ...columns.map((column) => column.exact(node.shown, satisfied))]),
      texts: nodes.map((node) => [node.shown.row.path.join(' / ') || node.name, ...columns.map((column) => column.text(node.shown, satisfied))]),
    };
  };
  const requests = shown.filter((node) => node.shown.row.kind === 'request').length;
  const trend = chosen.includes('trend');
  return (
    <Section
      id="requests" title="Requests"
      note={<>{view.filter ? `${requests} match “${view.filter}”. ` : ''}{view.range ? `From ${clock(view.range.from)} to ${clock(view.range.to)}. ` : ''}</>}
      tools={<>
        <ColumnChooser all={CHOICES} chosen={chosen} choose={(ids) => app.columns.set(ids)} satisfied={satisfied} setSatisfied={(ms) => app.satisfied.set(ms)} />
        <CopyButtons what="the table of requests" table={copied} />
      </>}
    >
      <div class={`scroll requests ${scrolls ? 'long' : ''}`} ref={box} tabIndex={0} role="region" aria-label="Requests, a table that scrolls">
        <table class="data">
          <caption class="hidden">Figures of all groups and requests</caption>
          <thead>
            <tr>
              <Heading id="name" title="Request" about="Name within its group" sort={sort} />
              {columns.map((column) => <Heading key={column.id} id={column.id} title={column.title} about={column.about} sort={sort} number />)}
              {trend ? <th scope="col" class="trend">Trend of p95</th> : null}
            </tr>
          </thead>
          <tbody>
            {view.filter ? null : <Line node={all} columns={columns} run={run} trend={trend} satisfied={satisfied} />}
            {from > 0 ? <tr aria-hidden="true"><td colSpan={columns.length + 2} style={{ height: `${from * ROW}px` }} /></tr> : null}
            {shown.slice(from, to).map((node) => (
              <Line key={node.id + node.shown.index} node={node} columns={columns} run={run} trend={trend} satisfied={satisfied}
                open={node.children.length > 0 ? !closed.has(node.id) || view.filter !== '' : undefined} toggle={toggle} />
            ))}
            {to < shown.length ? <tr aria-hidden="true"><td colSpan={columns.length + 2} style={{ height: `${(shown.length - to) * ROW}px` }} /></tr> : null}
            {shown.length === 0 ? <tr><td colSpan={columns.length + 2} class="none">{view.filter ? 'No request has such a name.' : 'No request was made.'}</td></tr> : null}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function Heading(props: { id: string; title: string; about: string; number?: boolean; sort: (id: string) => void }) {
  const { sort, descending } = useView();
  const active = sort === props.id;
  return (
    <th scope="col" class={props.number ? 'n' : 'name'} aria-sort={active ? (descending ? 'descending' : 'ascending') : undefined}>
      <button type="button" title={props.about} onClick={() => props.sort(props.id)}>
        {props.title}<span class="arrow" aria-hidden="true">{active ? (descending ? '↓' : '↑') : ''}</span>
      </button>
    </th>
  );
}

function Line(props: { node: Node; columns: RequestColumn[]; run: RunData; trend: boolean; satisfied: number; open?: boolean; toggle?: (id: string) => void }) {
  const app = useApp();
  const { node, columns, satisfied } = props;
  const { shown } = node;
  const isGroup = shown.row.kind === 'group';
  const bad = shown.failed > 0;
  const series = props.trend ? props.run.seriesOf(shown.index) : null;
  return (
    <tr class={`${isGroup ? 'group' : ''} ${shown.row.kind === 'all' ? 'all' : ''} ${bad ? 'bad' : ''}`}>
      <th scope="row" class={`name d${Math.min(node.depth, 8)}`}>
        {props.open === undefined ? <span class="twig" /> : (
          <button type="button" class="twig" aria-expanded={props.open} aria-label={`${props.open ? 'Close' : 'Open'} the group ${node.name}`} onClick={() => props.toggle?.(node.id)}>
            {props.open ? '▾' : '▸'}
          </button>
        )}
        {bad ? <span class="mark" role="img" aria-label="has failures">✗</span> : null}
        {shown.row.kind === 'all' ? <b>{node.name}</b> : (
          <button type="button" class="link" title={node.id} onClick={() => app.view.update({ request: node.id })}>{node.name}</button>
        )}
      </th>
      {columns.map((column) => (
        <td key={column.id} class={`n ${column.bad?.(shown) ? 'failed' : ''}`}>{column.text(shown, satisfied)}</td>
      ))}
      {props.trend ? (
        <td class="trend">{series && series.length > 1 ? (
          <Sparkline values={series.column('p95')} failed={series.column('failed').map((value) => value ?? 0)}
            label={`95th percentile, at most ${time(Math.max(0, ...series.column('p95').map((value) => value ?? 0)))}`} />
        ) : null}</td>
      ) : null}
    </tr>
  );
}

/** A printed table is whole. */
function usePrinting(): boolean {
  const [printing, setPrinting] = useState(false);
  useEffect(() => {
    const [before, after] = [() => setPrinting(true), () => setPrinting(false)];
    addEventListener('beforeprint', before);
    addEventListener('afterprint', after);
    return () => {
      removeEventListener('beforeprint', before);
      removeEventListener('afterprint', after);
    };
  }, []);
  return printing;
}
