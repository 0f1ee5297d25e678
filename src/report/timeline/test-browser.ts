// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll } from 'vitest';

const execute = promisify(execFile);

export interface Viewing {
  readonly width: number;
  readonly theme: 'light' | 'dark';
  /** Folded parts are opened first. */
  readonly isUnfolded?: boolean;
}

/** What a page looks like in a browser, measured by a script that only the test's copy of it has. */
export interface Measured {
  /** Pixels that the page is wider than its window. */
  readonly overflow: number;
  readonly overlaps: readonly string[];
  readonly outside: readonly string[];
  readonly untitled: number;
  readonly handlers: readonly string[];
  readonly scripts: number;
  readonly fetched: readonly string[];
  readonly background: string;
  readonly hacked: boolean;
  readonly texts: number;
  readonly firstWords: string;
}

/** Runs in the page: it may use nothing from here. */
function measure(): Measured {
  interface Shape { readonly textContent: string; getBoundingClientRect(): { left: number; right: number; top: number; bottom: number; width: number }; closest(selector: string): Shape | null }
  const page = (globalThis as unknown as { document: { documentElement: { scrollWidth: number; clientWidth: number }; body: Shape & { innerText: string }; scripts: readonly unknown[]; querySelectorAll(selector: string): Iterable<Shape & { readonly attributes: Iterable<{ readonly name: string }>; readonly parentElement: Shape }> } }).document;
  const all = (selector: string) => [...page.querySelectorAll(selector)];
  const place = (shape: Shape) => ({ words: shape.textContent.slice(0, 60), svg: shape.closest('svg'), ...edges(shape) });
  const edges = (shape: Shape) => {
    const { left, right, top, bottom } = shape.getBoundingClientRect();
    return { left, right, top, bottom };
  };
  const texts = all('figure svg text').map(place).filter(({ right, left }) => right > left);
  // A letter's box is higher than the letter; lines touch without being written over each other.
  const meet = (one: ReturnType<typeof edges>, other: ReturnType<typeof edges>, tolerance: number): boolean =>
    Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1 && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > tolerance;
  const overTexts = texts.flatMap((one, index) => texts.slice(index + 1).filter((other) => other.svg === one.svg && meet(one, other, 3)).map((other) => `${one.words} | ${other.words}`));
  const bars = all('figure svg rect.request, figure svg rect.held, figure svg rect.call, figure svg rect.life').map(edges);
  const beside = all('figure svg text.small, figure svg text.name').map(place);
  const overBars = beside.flatMap((one) => bars.filter((bar) => bar.right > bar.left && meet(one, bar, 3)).map((bar) => `${one.words} | bar at ${Math.round(bar.left)}`));
  const outside = texts.filter(({ svg, left, right, top, bottom }) => {
    const frame = svg?.getBoundingClientRect();
    return frame !== undefined && (left < frame.left - 1 || right > frame.right + 1 || top < frame.top - 1 || bottom > frame.bottom + 1);
  });
  const { getComputedStyle, performance } = globalThis as unknown as { getComputedStyle(of: unknown): { backgroundColor: string }; performance: { getEntriesByType(type: string): readonly { readonly name: string }[] } };
  return {
    overflow: page.documentElement.scrollWidth - page.documentElement.clientWidth,
    overlaps: [...overTexts, ...overBars],
    outside: outside.map(({ words }) => words),
    untitled: all('g.mark').length - all('g.mark > title:first-child').length,
    handlers: all('*').flatMap(({ attributes }) => [...attributes].map(({ name }) => name).filter((name) => name.startsWith('on'))),
    scripts: page.scripts.length,
    fetched: performance.getEntriesByType('resource').map(({ name }) => name),
    background: getComputedStyle(page.body).backgroundColor,
    hacked: 'hacked' in globalThis,
    texts: texts.length,
    firstWords: page.body.innerText.trim().slice(0, 200),
  };
}

/** Opens a copy of the page and measures it. */
export async function measured(html: string, browser: string, viewing: Viewing): Promise<Measured> {
  return await measuredBy(html, browser, viewing, measure);
}

/** Opens a copy of the page in which one more script runs, at its end; a policy of the page stays, and gets that script's digest besides. */
export async function measuredBy<T>(html: string, browser: string, viewing: Viewing, look: () => T): Promise<T> {
  const unfold = viewing.isUnfolded === true ? "document.querySelectorAll('details').forEach((one) => (one.open = true));" : '';
  const code = `${unfold} const found = (${look.toString()})(); document.body.insertAdjacentHTML('beforeend', '<pre id="measured">' + encodeURIComponent(JSON.stringify(found)) + '</pre>');`;
  const digest = `'sha256-${createHash('sha256').update(code).digest('base64')}'`;
  const copy = html
    .replace(/(<meta http-equiv="Content-Security-Policy" content="[^"]*?)(?:script-src ([^;"]*)|(?="))/, (_whole, before: string, sources = '') => `${before}; script-src ${String(sources)} ${digest}`)
    .replace('</body>', () => `<script>${code}</script></body>`);
  const dom = await inBrowser(copy, browser, viewing, async (address, flags) => (await execute(browser, [...flags, '--dump-dom', address], { maxBuffer: 1 << 28 })).stdout);
  // The first is in the script itself.
  const [, json] = [...dom.matchAll(/<pre id="measured">([^<]*)<\/pre>/g)].slice(1).at(-1) ?? [];
  if (json === undefined) throw new Error(`the page was not measured: ${dom.slice(0, 500)}`);
  return JSON.parse(decodeURIComponent(json)) as T;
}

/** The page as it is, as PNG. */
export async function screenshot(html: string, browser: string, viewing: Viewing): Promise<Buffer> {
  return await inBrowser(html, browser, viewing, async (address, flags, folder) => {
    const file = join(folder, 'shot.png');
    await execute(browser, [...flags, `--screenshot=${file}`, address]);
    return await readFile(file);
  });
}

type Visit<T> = (address: string, flags: readonly string[], folder: string) => Promise<T>;

async function inBrowser<T>(html: string, _browser: string, { width, theme }: Viewing, visit: Visit<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'timeline-browser-'));
  try {
    const file = join(folder, 'timeline.html');
    await writeFile(file, html);
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars', '--no-first-run', '--disable-background-networking', '--disable-component-update', `--user-data-dir=${join(folder, 'profile')}`, `--window-size=${width},1000`, `--blink-settings=preferredColorScheme=${theme === 'dark' ? 0 : 1}`];
    return await visit(`file://${file}`, flags, folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

/** A server that a page must never call: for all tests of a file. */
export function unwantedServer(): { readonly visits: string[]; address(): string } {
  const visits: string[] = [];
  const server = createServer((request, response) => {
    visits.push(request.url ?? '');
    response.end();
  });
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => server.close());
  return { visits, address: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
