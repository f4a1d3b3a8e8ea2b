// Reads the two blocks of data of a page.
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
  return text ? (JSON.parse(await inflate(text)) as Bulk) : null;
}

/** Text that was compressed by DEFLATE and written as base64. */
export async function inflate(base64: string): Promise<string> {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return await new Response(stream).text();
}
