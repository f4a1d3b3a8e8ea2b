// What all components share: the data of the run, the view, and matters of taste. A live page puts new data into `run`.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { RunData } from '../data/run';
import { Store, useStore } from './store';
import { kept, viewOfAddress, type View } from './view';

export type ThemeChoice = 'auto' | 'light' | 'dark';

export class App {
  readonly run: Store<RunData>;
  readonly view: Store<View> = viewOfAddress();
  readonly themeChoice: Store<ThemeChoice> = kept<ThemeChoice>('theme', 'auto');
  /** The theme that is shown, with a number that changes whenever colours do. */
  readonly theme = new Store<string>('light');
  readonly columns: Store<string[] | null> = kept<string[] | null>('columns', null);
  readonly log = kept('log', false);
  /** The time that satisfies a user, for APDEX, in milliseconds. */
  readonly satisfied = kept('apdex', 500);
  /** What a screen reader is told. */
  readonly said = new Store('');

  constructor(run: RunData) {
    this.run = new Store(run);
    this.followTheme();
  }

  /** Looks at a part of the run; null for all of it. */
  select(from: number, to: number): void {
    const run = this.run.get();
    const range = run.snapped({ from, to });
    const all = range && range.from <= 0 && range.to >= run.end;
    this.view.update({ range: all ? null : range });
  }

  reset(): void {
    this.view.update({ range: null });
  }

  say(text: string): void {
    this.said.set('');
    this.said.set(text);
  }

  private followTheme(): void {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    let number = 0;
    let printing = false;
    const apply = () => {
      const choice = this.themeChoice.get();
      const theme = printing ? 'light' : choice === 'auto' ? (dark.matches ? 'dark' : 'light') : choice;
      document.documentElement.dataset.theme = theme;
      number += 1;
      this.theme.set(`${theme} ${number}`);
    };
    dark.addEventListener('change', apply);
    this.themeChoice.subscribe(apply);
    addEventListener('beforeprint', () => {
      printing = true;
      apply();
    });
    addEventListener('afterprint', () => {
      printing = false;
      apply();
    });
    apply();
  }
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error('a component is used outside of a page');
  return app;
}

export const useRun = (): RunData => useStore(useApp().run, (run) => run);
export const useView = (): View => useStore(useApp().view, (view) => view);
export const useTheme = (): string => useStore(useApp().theme, (theme) => theme);
