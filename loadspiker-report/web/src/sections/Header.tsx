// The bar at the top: what run it is, whether it passed, what part is looked at, the theme, the search.
import { useApp, useRun, useView, type ThemeChoice } from '../state/app';
import { useStore } from '../state/store';
import { date, span, utc } from '../text/format';

const NEXT: Record<ThemeChoice, ThemeChoice> = { auto: 'light', light: 'dark', dark: 'auto' };

export function Header() {
  const app = useApp();
  const { head } = useRun();
  const view = useView();
  const choice = useStore(app.themeChoice, (theme) => theme);
  return (
    <header class="top">
      <a class="skip" href="#requests" onClick={(event) => {
        event.preventDefault();
        document.getElementById('requests')?.scrollIntoView();
        document.getElementById('search')?.focus();
      }}>Skip to the requests</a>
      <h1 title={head.run.simulation}>{head.run.simulation}</h1>
      <Badge passed={head.passed} />
      <span class="when" title={utc(head.run.started_at_ms)}>{date(head.run.started_at_ms)}</span>
      <span class="when">{span(head.run.duration)}</span>
      <span class="space" />
      <label class="hidden" for="search">Search requests</label>
      <input
        id="search" type="search" placeholder="Search requests  /" value={view.filter}
        onInput={(event) => app.view.update({ filter: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          // Else the button that gets the focus would take the key, too.
          event.preventDefault();
          // To the first one found: from here on it is Tab and Enter.
          const first = document.querySelector<HTMLElement>('#requests tbody button.link');
          document.getElementById('requests')?.scrollIntoView();
          first?.focus({ preventScroll: true });
        }}
      />
      <button type="button" class="theme" onClick={() => app.themeChoice.set(NEXT[choice])} aria-label={`Theme: ${choice}. Change to ${NEXT[choice]}`}>
        <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.5" />
          {choice === 'light' ? null : <path d={choice === 'dark' ? 'M8 1.8a6.2 6.2 0 0 1 0 12.4a6.2 6.2 0 0 1 0-12.4z' : 'M8 1.8a6.2 6.2 0 0 1 0 12.4z'} fill="currentColor" />}
        </svg>
        <span>{choice}</span>
      </button>
    </header>
  );
}

export function Badge(props: { passed: boolean }) {
  return <strong class={`badge ${props.passed ? 'ok' : 'fail'}`}>{props.passed ? '✓ Passed' : '✗ Failed'}</strong>;
}
