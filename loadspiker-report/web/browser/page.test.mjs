// The page in a real browser, opened from a file as its readers do.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { open } from './browser.mjs';
import { page as makePage, shop } from './synthetic.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'loadspiker-page-'));
const file = (name, run) => {
  const path = join(folder, `${name}.html`);
  writeFileSync(path, makePage(run));
  return pathToFileURL(path).href;
};

let context;
const urls = {};

before(async () => {
  urls.failed = file('failed', shop({ seconds: 240 }));
  urls.passed = file('passed', shop({ seconds: 60, failing: false }));
  urls.hostile = file('hostile', shop({ seconds: 40, hostile: true }));
  urls.bare = file('bare', shop({ seconds: 60, windows: false }));
  urls.real = file('real', JSON.parse(readFileSync(new URL('./fixtures/quickstart.page.json', import.meta.url), 'utf8')));
  urls.several = file('several', JSON.parse(readFileSync(new URL('./fixtures/several.page.json', import.meta.url), 'utf8')));
  context = await open();
});

after(async () => {
  await context?.close();
});

/** Opens a page, lets a test use it, and makes sure that nothing was complained about or asked of the network. */
async function on(url, use, { width = 1400, height = 900, colorScheme = 'light' } = {}) {
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!/^(file|blob|data):/.test(request.url())) complaints.push(`asked for ${request.url()}`);
  });
  try {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.goto(url);
    await page.waitForSelector('html[data-ready]');
    await use(page);
    assert.deepEqual(complaints, []);
  } finally {
    await page.close();
  }
}

const requests = (page) => page.locator('#requests tbody tr th button.link').allTextContents();
const figure = (page, row, column) => page.locator(`#requests tbody tr:has(th:has-text("${row}"))`).first().locator('td').nth(column).textContent();
const drag = async (page, chart, from, to) => {
  const over = page.locator(`figure[aria-label="${chart}"] .u-over`);
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  await page.mouse.move(box.x + box.width * from, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * to, box.y + 60, { steps: 5 });
  await page.mouse.up();
};

test('it says first whether the run passed, and why not', async () => {
  await on(urls.failed, async (page) => {
    assert.match(await page.locator('.headline').textContent(), /Failed.*2 of 3 assertions failed/);
    assert.equal(await page.locator('.assertions > li.fail').count(), 2);
    const verdict = await page.locator('.verdict').boundingBox();
    assert.ok(verdict.y + verdict.height < 900, 'the verdict is in sight without scrolling');
  });
  await on(urls.passed, async (page) => assert.match(await page.locator('.headline').textContent(), /Passed.*all 3 assertions hold/));
});

test('a page of a real run has its figures, and those of a part of it', async () => {
  await on(urls.real, async (page) => {
    const { head } = JSON.parse(readFileSync(new URL('./fixtures/quickstart.page.json', import.meta.url), 'utf8'));
    const count = (row) => Number(row.replaceAll(',', ''));
    const whole = count(await figure(page, 'All requests', 0));
    assert.equal(whole, head.rows[0].ok + head.rows[0].failed);
    let sum = 0;
    for (const [from, to] of [[0, 4], [4, 8], [8, 20]]) {
      await page.evaluate(([from, to]) => (location.hash = `#from=${from}s&to=${to}s`), [from, to]);
      await page.waitForFunction((from) => document.querySelector('.selection.active input')?.value === `0:0${from}`, from);
      sum += count(await figure(page, 'All requests', 0));
      assert.match(await figure(page, 'checkout', 6), / m?s$/, 'a group has percentiles of a part, too');
    }
    assert.equal(sum, whole);
    assert.equal(await page.locator('#run').getByText('Command line').count(), 1);
    await page.click('#requests button.link:has-text("login")');
    assert.match(await page.locator('[role=dialog] .facts').textContent(), /p99\.9/);
  });
});

test('a run of several scenarios has each of them, and its kept exchanges', async () => {
  await on(urls.several, async (page) => {
    const users = await page.locator('figure[aria-label="Users"] .readout').textContent();
    assert.match(users, /active.*Buy.*Watch/);
    assert.match(await page.locator('#errors').textContent(), /out of stock.*a step of Buy/);
    await page.evaluate(() => (location.hash = '#request=shop/cart/pay'));
    await page.waitForSelector('[role=dialog] .exchange');
    assert.match(await page.locator('.exchange').textContent(), /POST http:\/\/shop\.test\/pay.*503 Service Unavailable.*<script>/s);
  });
});

test('the table is filtered and sorted', async () => {
  await on(urls.failed, async (page) => {
    await page.fill('#search', 'checkout pay');
    assert.deepEqual(await requests(page), ['checkout', 'pay']);
    await page.fill('#search', 'nothing of that name');
    assert.match(await page.locator('#requests tbody').textContent(), /No request has such a name/);
    await page.fill('#search', '');
    await page.click('#requests thead button:has-text("p95")');
    const sorted = await page.locator('#requests thead th[aria-sort]').getAttribute('aria-sort');
    assert.equal(sorted, 'descending');
    const names = await requests(page);
    assert.equal(names.indexOf('pay') - names.indexOf('checkout'), 1, 'the slowest is first in its group');
    await page.click('#requests thead button:has-text("p95")');
    assert.equal(await page.locator('#requests thead th[aria-sort]').getAttribute('aria-sort'), 'ascending');
    assert.match(page.url(), /#sort=p95/);
  });
});

test('a part of the run that is dragged over is what the table is about, until Escape', async () => {
  await on(urls.failed, async (page) => {
    const whole = await figure(page, 'All requests', 0);
    await drag(page, 'Response time', 0.5, 0.75);
    await page.waitForSelector('.selection.active');
    const part = await figure(page, 'All requests', 0);
    assert.notEqual(part, whole);
    assert.notEqual(await figure(page, 'All requests', 6), '–');
    assert.match(page.url(), /#from=\d+s&to=\d+s/);
    // The same part in a new page.
    const url = page.url();
    await page.goto('about:blank');
    await page.goto(url);
    await page.waitForSelector('html[data-ready]');
    assert.equal(await figure(page, 'All requests', 0), part);
    await page.keyboard.press('Escape');
    assert.equal(await figure(page, 'All requests', 0), whole);
    assert.doesNotMatch(page.url(), /from=/);
  });
});

test('without histograms of windows a part has counts, and says that it has no percentiles', async () => {
  await on(urls.bare, async (page) => {
    await drag(page, 'Users', 0.3, 0.6);
    await page.waitForSelector('.selection.active');
    assert.match(await page.locator('.selection').textContent(), /counts only/);
    assert.equal(await figure(page, 'All requests', 5), '–');
    assert.match(await figure(page, 'All requests', 0), /^[\d,]+$/);
  });
});

test('a part can be typed', async () => {
  await on(urls.failed, async (page) => {
    await page.fill('.selection input >> nth=0', '1:00');
    await page.fill('.selection input >> nth=1', '2:00');
    await page.keyboard.press('Enter');
    assert.match(page.url(), /#from=60s&to=120s/);
  });
});

test('the keyboard alone searches, opens a request, looks at the next one, and comes back', async () => {
  await on(urls.failed, async (page) => {
    await page.keyboard.press('/');
    await page.keyboard.type('detail');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'browse', 'the first one found');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=dialog]');
    assert.equal(await page.locator('#drawer-title').textContent(), '✗ detail');
    assert.match(page.url(), /request=browse\/detail/);
    for (let i = 0; i < 60; i += 1) {
      await page.keyboard.press('Tab');
      assert.ok(await page.evaluate(() => document.querySelector('[role=dialog]').contains(document.activeElement)), 'the focus stays in the drawer');
    }
    await page.keyboard.press('Shift+Tab');
    await page.locator('[aria-label="Next request"]').press('Enter');
    assert.equal(await page.locator('#drawer-title').textContent(), '✗ search');
    await page.keyboard.press('Escape');
    await page.waitForSelector('[role=dialog]', { state: 'detached' });
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'detail');
  });
});

test('a failed request shows what was sent and received, and errors when they began', async () => {
  await on(urls.failed, async (page) => {
    assert.match(await page.locator('#errors thead').textContent(), /First.*Last/);
    assert.match(await page.locator('#errors tbody tr >> nth=0').textContent(), /0:31/);
    const path = await page.evaluate(async () => {
      const binary = Uint8Array.from(atob(document.getElementById('run-bulk').textContent), (c) => c.charCodeAt(0));
      const text = await new Response(new Blob([binary]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).text();
      return JSON.parse(text).exchanges[0].path;
    });
    await page.evaluate((path) => (location.hash = `#request=${path.map(encodeURIComponent).join('/')}`), path);
    await page.waitForSelector('[role=dialog] .exchange');
    assert.equal(await page.locator('.exchange').count(), 3);
    assert.match(await page.locator('.exchange >> nth=0').textContent(), /POST https:\/\/shop\.test.*<img src=x.*503 Service Unavailable/s);
    assert.equal(await page.locator('.exchange img').count(), 0);
    await page.locator('.exchange >> nth=2').locator('summary').press('Enter');
    assert.match(await page.locator('.exchange >> nth=2').innerText(), /Response\s+There was none/i);
  });
});

test('what happened to the run is told beside the charts', async () => {
  await on(urls.failed, async (page) => {
    assert.match(await page.locator('#charts').textContent(), /Marked: 0?5:00 load scaled \(× 1\.2\), 0?7:00 paused/);
    for (const title of ['Processor time of the load generator', 'Memory of the load generator']) assert.equal(await page.locator(`figure[aria-label="${title}"]`).count(), 1);
  });
});

test('a chart is read and zoomed by keys', async () => {
  await on(urls.failed, async (page) => {
    const chart = page.locator('figure[aria-label="Requests per second"] .plot');
    await chart.focus();
    for (let i = 0; i < 5; i += 1) await page.keyboard.press('ArrowRight');
    assert.match(await page.locator('figure[aria-label="Requests per second"] .readout').textContent(), /\/s.*0:0\d · /);
    assert.match(await page.locator('figure[aria-label="Users"] .readout').textContent(), /0:0\d · /, 'the cursor is shared');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.selection.active');
  });
});

test('columns are chosen and remembered', async () => {
  await on(urls.passed, async (page) => {
    await page.click('button:has-text("Columns")');
    await page.check('label:has-text("p99.9") >> nth=0 >> input');
    await page.uncheck('label:has-text("Mean") input');
    await page.reload();
    await page.waitForSelector('html[data-ready]');
    const header = await page.locator('#requests thead').textContent();
    assert.match(header, /p99\.9/);
    assert.doesNotMatch(header, /Mean/);
    await page.click('button:has-text("Columns")');
    await page.click('button:has-text("Standard columns")');
  });
});

test('a table is copied, a chart is downloaded', async () => {
  await on(urls.passed, async (page) => {
    await page.evaluate(() => {
      window.copied = [];
      navigator.clipboard.writeText = async (text) => void window.copied.push(text);
    });
    await page.click('#requests button:has-text("Copy CSV")');
    await page.click('#requests button:has-text("Copy Markdown")');
    await page.waitForFunction(() => window.copied.length === 2);
    const [csv, markdown] = await page.evaluate(() => window.copied);
    assert.match(csv, /^Request,Count,Failed,/);
    assert.match(csv, /\r\nbrowse \/ list,\d+,0,0,/);
    assert.match(markdown, /^\| Request \| Count \|/);
    for (const [kind, name] of [['PNG', 'response-time.png'], ['CSV', 'response-time.csv']]) {
      const [download] = await Promise.all([page.waitForEvent('download'), page.click(`figure[aria-label="Response time"] button:has-text("${kind}")`)]);
      assert.equal(download.suggestedFilename(), name);
    }
  });
});

test('the theme is switched and kept', async () => {
  await on(urls.passed, async (page) => {
    const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
    assert.equal(await theme(), 'dark');
    await page.click('.theme');
    assert.equal(await theme(), 'light');
    await page.reload();
    assert.equal(await theme(), 'light');
    await page.click('.theme');
    await page.click('.theme');
  }, { colorScheme: 'dark' });
});

test('no name becomes markup, and a name of 5,000 letters breaks nothing', async () => {
  await on(urls.hostile, async (page) => {
    assert.equal(await page.evaluate(() => document.scripts.length), 3);
    assert.ok((await requests(page)).includes('<script>alert(1)</script>'));
    await page.click('#requests button.link:has-text("<script>")');
    assert.match(await page.locator('#drawer-title').textContent(), /<script>alert\(1\)<\/script>$/);
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0);
  }, { width: 900 });
});

test('the policy lets no other script run', async () => {
  const page = await context.newPage();
  await page.goto(urls.passed);
  await page.waitForSelector('html[data-ready]');
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.body.append(script);
    const image = document.createElement('img');
    image.setAttribute('onerror', 'window.ran = true');
    image.src = 'data:,';
    document.body.append(image);
  });
  await page.waitForTimeout(100);
  assert.equal(await page.evaluate(() => window.ran), undefined);
  await page.close();
});

for (const width of [420, 900, 1600]) {
  test(`nothing is wider than a window of ${width} pixels`, async () => {
    await on(urls.failed, async (page) => {
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0);
      await page.click('#requests button.link:has-text("pay")');
      assert.ok((await page.evaluate(() => document.querySelector('.drawer').scrollWidth - document.querySelector('.drawer').clientWidth)) <= 0);
    }, { width });
  });
}

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing, ${colorScheme}`, async () => {
    await on(urls.failed, async (page) => {
      await page.evaluate(AXE);
      const look = async (where) => {
        const found = await page.evaluate(async () => (await window.axe.run(document)).violations.map((one) => `${one.id} (${one.impact}): ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`));
        assert.deepEqual(found, [], where);
      };
      await look('page');
      await page.click('button:has-text("Columns")');
      await look('columns');
      await page.keyboard.press('Escape');
      await drag(page, 'Users', 0.3, 0.6);
      await page.waitForSelector('.selection.active');
      await look('selection');
      await page.click('#requests button.link:has-text("pay")');
      await page.waitForSelector('[role=dialog]');
      await look('drawer');
    }, { colorScheme });
  });
}

test('the first printed page is a summary in plain language', async () => {
  await on(urls.failed, async (page) => {
    assert.equal(await page.locator('.executive').isVisible(), false);
    await page.emulateMedia({ media: 'print' });
    await page.setViewportSize({ width: 700, height: 990 });
    assert.equal(await page.locator('.executive').isVisible(), true);
    const { height } = await page.locator('.executive').boundingBox();
    assert.ok(height < 1000, `it takes one side: ${height}`);
    assert.match(await page.locator('.executive').textContent(), /What was tested.*simulated users.*Where it degraded/s);
    assert.equal(await page.locator('.top input').isVisible(), false);
    const pdf = await page.pdf({ preferCSSPageSize: true });
    assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
  });
});
