// What the viewer looks at, and how it is kept: in the address, so that it can be sent to others, and what is a matter of
// taste in the browser.
import type { Range } from '../data/select';
import { Store } from './store';

export interface View {
  /** The part of the run that is looked at, or null for all of it. */
  range: Range | null;
  /** The path of the request or group whose drawer is open. */
  request: string | null;
  filter: string;
  sort: string | null;
  descending: boolean;
}

export const START: View = { range: null, request: null, filter: '', sort: null, descending: true };

/** What stands after `#`: `request=checkout/pay&from=12s&to=40s`. */
export function toFragment(view: View): string {
  const parts: string[] = [];
  const add = (name: string, value: string) => parts.push(`${name}=${encodeURIComponent(value).replaceAll('%2F', '/').replaceAll('%20', '+')}`);
  if (view.request !== null) add('request', view.request);
  if (view.range) {
    add('from', `${round(view.range.from)}s`);
    add('to', `${round(view.range.to)}s`);
  }
  if (view.filter) add('filter', view.filter);
  if (view.sort) add('sort', (view.descending ? '-' : '') + view.sort);
  return parts.join('&');
}

/** Reads it. What makes no sense is left out. */
export function fromFragment(fragment: string): View {
  const given = new URLSearchParams(fragment.replace(/^#/, ''));
  const seconds = (name: string) => {
    const text = given.get(name)?.replace(/s$/, '');
    const value = text ? Number(text) : NaN;
    return Number.isFinite(value) && value >= 0 ? value : null;
  };
  const [from, to] = [seconds('from'), seconds('to')];
  const sort = given.get('sort');
  return {
    range: from !== null && to !== null && to > from ? { from, to } : null,
    request: given.get('request'),
    filter: given.get('filter') ?? '',
    sort: sort ? sort.replace(/^-/, '') : null,
    descending: sort ? sort.startsWith('-') : true,
  };
}

const round = (value: number) => Math.round(value * 1000) / 1000;

/** The view, tied to the address. */
export function viewOfAddress(): Store<View> {
  const view = new Store(fromFragment(location.hash));
  view.subscribe((now) => {
    const fragment = toFragment(now);
    if (fragment !== location.hash.slice(1)) history.replaceState(null, '', fragment ? `#${fragment}` : location.pathname + location.search);
  });
  addEventListener('hashchange', () => view.set(fromFragment(location.hash)));
  return view;
}

/** Keeps a matter of taste; without storage it lasts as long as the page. */
export function kept<T>(name: string, start: T): Store<T> {
  const key = `loadspiker.${name}`;
  let value = start;
  try {
    const text = localStorage.getItem(key);
    if (text) value = JSON.parse(text) as T;
  } catch {
    // The browser keeps nothing for this page.
  }
  const store = new Store(value);
  store.subscribe((now) => {
    try {
      localStorage.setItem(key, JSON.stringify(now));
    } catch {
      // As above.
    }
  });
  return store;
}
