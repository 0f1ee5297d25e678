// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { toolOrSkip } from '../foundation/tools.ts';
import { timelinePage } from './timeline.ts';
import type { DrawnRun } from './timeline/run-view.ts';
import { measured, screenshot, unwantedServer, type Viewing } from './timeline/test-browser.ts';
import { crowd, tornRead, traced } from './timeline/test-runs.ts';

const browser = toolOrSkip('chromium') ?? '';
const timeout = 120_000;
const page = (...runs: readonly DrawnRun[]): string => timelinePage({ runs, again: 'npm run explore -- --replay together', failure: undefined });
const fine = { overflow: 0, overlaps: [], outside: [], untitled: 0, handlers: [], scripts: 1, fetched: [], hacked: false };

describe.skipIf(browser === '')('a page in a browser', () => {
  const { visits, address } = unwantedServer();

  const views: readonly Viewing[] = [{ width: 1360, theme: 'light' }, { width: 900, theme: 'dark', isUnfolded: true }, { width: 390, theme: 'light' }];

  it.each(views)('shows a torn read with nothing over anything else, %j', async (viewing) => {
    const found = await measured(page(tornRead(), { ...tornRead(), name: 'calm' }), browser, viewing);
    expect(found).toMatchObject({ ...fine, background: viewing.theme === 'dark' ? 'rgb(20, 23, 28)' : 'rgb(255, 255, 255)' });
    expect(found.firstWords).toMatch(/^✘ broken validator-2 differs from the serial run\s+again: npm run explore -- --replay together/);
    expect(found.texts).toBeGreaterThan(30);
  }, timeout);

  it.each([
    ['thousands of file calls and turns', () => page(traced(4000))],
    ['a crowd with many requests', () => page(crowd(45, 40))],
    ['a few with many requests', () => page(crowd(3, 12))],
    ['names in letters wider than others', () => page(tornRead(['⨌'.repeat(60), '漢字🙂﷽'.repeat(30)]))],
  ])('shows %s', async (_, html) => {
    expect(await measured(html(), browser, { width: 1360, theme: 'light', isUnfolded: true })).toMatchObject(fine);
  }, timeout);

  it('does nothing of what names and differences say', async () => {
    const hostile = `<script>window.hacked=1</script></title></svg><img src="${address()}/img" onerror="window.hacked=1"><svg onload="window.hacked=1">\u202e${'漢字🙂'.repeat(40)}<style>@import "${address()}/css"</style>`;
    const html = page({ ...tornRead([hostile, `${hostile}2`], `${hostile}\n`.repeat(50)), name: hostile });
    expect(await measured(html, browser, { width: 1360, theme: 'light', isUnfolded: true })).toMatchObject(fine);
    expect(visits).toEqual([]);
  }, timeout);

  it('can be photographed as it is', async () => {
    const shot = await screenshot(page(tornRead()), browser, { width: 1360, theme: 'dark' });
    expect([shot.toString('latin1', 1, 4), shot.readUInt32BE(16), shot.readUInt32BE(20)]).toEqual(['PNG', 1360, 1000]);
    expect(shot.length).toBeGreaterThan(40_000);
  }, timeout);
});
