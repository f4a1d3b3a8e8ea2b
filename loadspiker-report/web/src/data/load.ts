// Reads the two blocks of data of a page.
import { inflateText } from './inflate';
import type { Bulk, Head } from './model';

/** The version of the data that this page reads. */
const VERSION = 1;

export function readHead(): Head {
  const head = JSON.parse(document.getElementById('run-head')?.textContent || 'null') as Head | null;
  if (head?.version !== VERSION) {
    throw new Error(`The data in this page have version ${head?.version}; its code reads version ${VERSION}.`);
  }
  return head;
}

export async function readBulk(): Promise<Bulk | null> {
  const text = document.getElementById('run-bulk')?.textContent?.trim();
  return text ? (JSON.parse(await inflateText(text)) as Bulk) : null;
}
