// Which lines of a long table are in sight, so that only these are made.
import { useEffect, useState } from 'preact/hooks';
import type { RefObject } from 'preact';

export const ROW = 30;
/** Tables up to this length are made whole. */
const SHORT = 120;
const MARGIN = 12;

/** The first line to make and the line after the last. */
export function useRows(box: RefObject<HTMLElement | null>, length: number, whole: boolean): { from: number; to: number; scrolls: boolean } {
  const scrolls = length > SHORT && !whole;
  const [place, setPlace] = useState({ from: 0, to: 60 });
  useEffect(() => {
    const element = box.current;
    if (!element || !scrolls) return;
    let waiting = 0;
    const look = () => {
      waiting = 0;
      const from = Math.max(0, Math.floor(element.scrollTop / ROW) - MARGIN);
      const to = Math.ceil((element.scrollTop + element.clientHeight) / ROW) + MARGIN;
      setPlace((old) => (old.from === from && old.to === to ? old : { from, to }));
    };
    const scrolled = () => {
      waiting ||= requestAnimationFrame(look);
    };
    look();
    element.addEventListener('scroll', scrolled, { passive: true });
    return () => {
      element.removeEventListener('scroll', scrolled);
      cancelAnimationFrame(waiting);
    };
  }, [scrolls, length]);
  return scrolls ? { from: Math.min(place.from, length), to: Math.min(place.to, length), scrolls } : { from: 0, to: length, scrolls };
}
