// A run of 24 hours with 500 names and a thousand million requests: how large its page is, how soon it can be read, and
// how soon a part of it. Takes a minute, most of it to make up the run: `npm run bench`.
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { open } from './browser.mjs';
import { day, page as makePage } from './synthetic.mjs';

// `LOADSPIKER_PAGE` measures a page that was written before instead.
const path = process.env.LOADSPIKER_PAGE ?? join(tmpdir(), 'loadspiker-day.html');
if (!process.env.LOADSPIKER_PAGE || !existsSync(path)) writeFileSync(path, makePage(day()));
console.log(`size       ${(statSync(path).size / 1e6).toFixed(2)} MB (goal: below 4)`);
const context = await open();
const page = await context.newPage();
const times = { open: [], ready: [], zoom: [], scroll: [] };
for (let round = 0; round < 5; round += 1) {
  await page.goto('about:blank');
  const start = performance.now();
  await page.goto(pathToFileURL(path).href);
  await page.waitForSelector('#requests tbody tr');
  times.open.push(performance.now() - start);
  await page.waitForSelector('html[data-ready]');
  times.ready.push(performance.now() - start);
  times.zoom.push(await page.evaluate(async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    await frame();
    const since = performance.now();
    location.hash = '#from=14400s&to=43200s';
    await frame();
    while (!document.querySelector('.selection.active')) await frame();
    return performance.now() - since;
  }));
  times.scroll.push(await page.evaluate(async () => {
    const box = document.querySelector('.requests');
    box.scrollIntoView();
    let longest = 0;
    for (let at = 0; at < 60; at += 1) {
      box.scrollTop = at * 200;
      const since = performance.now();
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      longest = Math.max(longest, performance.now() - since);
    }
    return longest;
  }));
}
await context.close();
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1].toFixed(0).padStart(5);
console.log(`figures    ${median(times.open)} ms`);
console.log(`all of it  ${median(times.ready)} ms (goal: below 2,000)`);
console.log(`zoom       ${median(times.zoom)} ms (goal: below 200)`);
console.log(`longest frame while the table scrolls ${median(times.scroll)} ms`);
