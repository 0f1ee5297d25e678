// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { toolOrSkip } from '../../foundation/tools.ts';
import type { NightSummary } from '../../nightly/summary.ts';
import { timelineExcerpt } from '../timeline.ts';
import { unwantedServer, type Viewing } from '../timeline/test-browser.ts';
import { tornRead } from '../timeline/test-runs.ts';
import { nightPage } from './night-page.ts';
import { measuredNight, type MeasuredNight } from './test-night-browser.ts';
import { busyNight, hostileNight, hugeNight, quietNight } from './test-nights.ts';

const browser = toolOrSkip('chromium') ?? '';
const timeout = 180_000;
const fine: Partial<MeasuredNight> = { overflow: 0, outside: [], pale: [], overlaps: [], fetched: [], handlers: [], hacked: false, unnamed: [] };

/** The first finding with its picture on the page. */
function page(summary: NightSummary): string {
  const id = summary.findings[0]?.examples[0]?.id ?? '';
  return nightPage(summary, new Map([[id, { href: `../runs/${id}/timeline.html`, excerpt: timelineExcerpt([tornRead()]) }]]));
}

describe.skipIf(browser === '')('the page of a night in a browser', () => {
  const { visits, address } = unwantedServer();

  const views: readonly Viewing[] = [{ width: 1360, theme: 'light', isUnfolded: true }, { width: 1360, theme: 'dark' }, { width: 360, theme: 'light' }, { width: 360, theme: 'dark', isUnfolded: true }];

  it.each(views)('has nothing that sticks out, is pale or lies over something else, %j', async (viewing) => {
    const found = await measuredNight(page(busyNight()), browser, viewing);
    expect(found).toMatchObject({ ...fine, background: viewing.theme === 'dark' ? 'rgb(20, 23, 28)' : 'rgb(255, 255, 255)' });
    expect(found.firstWords).toMatch(/^✘ broken\s+exit status 1\s+4 broken: 1 new, 1 back/);
    expect(found.texts).toBeGreaterThan(200);
    expect([found.copyButtons, found.filtered]).toEqual([7, '1 of 7 shown']);
  }, timeout);

  it.each(views.slice(1, 3))('is as good for a quiet night, %j', async (viewing) => {
    expect(await measuredNight(page(quietNight()), browser, viewing)).toMatchObject({ ...fine, copyButtons: 0 });
  }, timeout);

  it('can be read where no script runs', async () => {
    expect(await measuredNight(page(busyNight()), browser, { width: 1360, theme: 'light', isPlain: true })).toMatchObject({ ...fine, copyButtons: 0 });
  }, timeout);

  it('does nothing of what names, sentences and files say', async () => {
    const hostile = `<script>window.hacked=1</script></title></style></svg><img src="${address()}/img" onerror="window.hacked=1"><svg onload="window.hacked=1">"'\` onfocus=window.hacked=1 autofocus \u202e${'漢字🙂'.repeat(40)}${'x'.repeat(500)}<style>@import "${address()}/css"</style>`;
    const summary = hostileNight(hostile);
    const found = await measuredNight(nightPage(summary, new Map([[summary.slowest[0]?.id ?? '', { href: `javascript:window.hacked=1//${encodeURIComponent(hostile)}`, excerpt: undefined }]])), browser, { width: 360, theme: 'dark', isUnfolded: true });
    expect(found).toMatchObject({ ...fine, filtered: expect.stringContaining('shown') as string });
    expect(visits).toEqual([]);
  }, timeout);

  it('opens in two seconds, whatever was found', async () => {
    const html = nightPage(hugeNight(), new Map());
    expect(Buffer.byteLength(html)).toBeLessThan(1_500_000);
    const found = await measuredNight(html, browser, { width: 1360, theme: 'light' });
    expect(found).toMatchObject({ overflow: 0, fetched: [] });
    expect(found.elements).toBeLessThan(20_000);
    expect(found.openedMs).toBeLessThan(2000);
  }, timeout);
});
