// SPDX-License-Identifier: Apache-2.0
import { measuredBy, type Viewing } from '../timeline/test-browser.ts';

/** What a page of a night looks like in a browser, measured by a script that only the test's copy of it has. */
export interface MeasuredNight {
  /** Pixels that the page is wider than its window. */
  readonly overflow: number;
  /** Boxes that stick out of their window without a part that scrolls around them. */
  readonly outside: readonly string[];
  /** Texts whose contrast with what is behind them is below 4.5, with the ratio. */
  readonly pale: readonly string[];
  readonly texts: number;
  readonly overlaps: readonly string[];
  readonly fetched: readonly string[];
  readonly handlers: readonly string[];
  readonly hacked: boolean;
  /** Milliseconds from the beginning of the navigation until all was laid out. */
  readonly openedMs: number;
  readonly elements: number;
  readonly background: string;
  readonly unnamed: readonly string[];
  readonly firstWords: string;
  readonly copyButtons: number;
  /** What the filter shows after words were typed into it; undefined where there is none. */
  readonly filtered: string | undefined;
}

interface Box { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number; readonly width: number; readonly height: number }
interface Shape {
  readonly textContent: string;
  readonly tagName: string;
  readonly parentElement: Shape | null;
  readonly childNodes: Iterable<{ readonly nodeType: number; readonly textContent: string }>;
  readonly attributes: Iterable<{ readonly name: string }>;
  readonly innerText: string;
  readonly offsetHeight: number;
  value: string;
  getBoundingClientRect(): Box;
  closest(selector: string): Shape | null;
  getAttribute(name: string): string | null;
  querySelector(selector: string): Shape | null;
  scrollIntoView(how: object): void;
  dispatchEvent(event: unknown): void;
  contains(other: Shape): boolean;
}
interface Window {
  readonly document: { readonly documentElement: { scrollWidth: number; clientWidth: number }; readonly body: Shape; querySelector(selector: string): Shape | null; querySelectorAll(selector: string): Iterable<Shape>; elementsFromPoint(x: number, y: number): readonly Shape[] };
  readonly performance: { now(): number; getEntriesByType(type: string): readonly { readonly name: string }[] };
  readonly Event: new (name: string) => unknown;
  readonly getComputedStyle: (of: Shape) => { readonly color: string; readonly fill: string; readonly backgroundColor: string; readonly display: string; readonly opacity: string };
}

/** Runs in the page: it may use nothing from here. */
function measure(): MeasuredNight {
  const { document, performance, getComputedStyle, Event } = globalThis as unknown as Window;
  const openedMs = document.body.offsetHeight > 0 ? performance.now() : Infinity;
  const all = (selector: string): readonly Shape[] => [...document.querySelectorAll(selector)];
  const words = (shape: Shape): string => `${shape.tagName} ${shape.textContent.trim().slice(0, 50)}`;
  const numbers = (color: string): readonly number[] => (/[\d.]+/g.exec(color) === null ? [] : [...color.matchAll(/[\d.]+/g)].map(Number));
  const isClear = (color: string): boolean => color === 'none' || color === 'transparent' || numbers(color)[3] === 0 || numbers(color).length < 3;
  const luminance = (color: string): number => {
    const [red = 0, green = 0, blue = 0] = numbers(color).slice(0, 3).map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  // WCAG 2.2, 1.4.3: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
  const contrast = (one: string, other: string): number => {
    const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (lighter + 0.05) / (darker + 0.05);
  };
  const behind = (shape: Shape): string => {
    for (let at: Shape | null = shape; at !== null; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (!isClear(backgroundColor)) return backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };
  const behindDrawn = (shape: Shape): string => {
    shape.scrollIntoView({ block: 'center', inline: 'center' });
    const { left, top, width, height } = shape.getBoundingClientRect();
    const under = document.elementsFromPoint(left + width / 2, top + height / 2).filter((one) => one !== shape && !shape.contains(one) && one.tagName === 'rect' && !isClear(getComputedStyle(one).fill));
    const [first] = under;
    return first === undefined ? behind(shape) : getComputedStyle(first).fill;
  };
  const isShown = (shape: Shape): boolean => shape.getBoundingClientRect().width > 0 && shape.getBoundingClientRect().height > 0;
  const hasText = (shape: Shape): boolean => [...shape.childNodes].some(({ nodeType, textContent }) => nodeType === 3 && textContent.trim() !== '');
  const isOfPicture = (shape: Shape): boolean => shape.closest('.picture') !== null;
  const texts = all('body *').filter((shape) => !['SCRIPT', 'STYLE', 'title', 'OPTION'].includes(shape.tagName) && hasText(shape) && isShown(shape) && !isOfPicture(shape));
  const pale = texts.flatMap((shape) => {
    const drawn = shape.tagName === 'text';
    const ratio = drawn ? contrast(getComputedStyle(shape).fill, behindDrawn(shape)) : contrast(getComputedStyle(shape).color, behind(shape));
    return ratio >= 4.5 ? [] : [`${words(shape)}: ${ratio.toFixed(2)}`];
  });
  const wide = document.documentElement.clientWidth;
  const outside = all('body *').filter((shape) => isShown(shape) && shape.closest('.scroll, figure, svg') === null && (shape.getBoundingClientRect().right > wide + 1 || shape.getBoundingClientRect().left < -1));
  const drawn = all('svg.trend text').map((shape) => ({ shape, box: shape.getBoundingClientRect() }));
  const overlaps = drawn.flatMap(({ shape, box }, index) => drawn.slice(index + 1).filter(({ box: other }) => Math.min(box.right, other.right) - Math.max(box.left, other.left) > 1 && Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top) > 3).map((other) => `${words(shape)} | ${words(other.shape)}`));
  const search = document.querySelector('#filter input');
  if (search !== null) {
    search.value = 'not-run';
    search.dispatchEvent(new Event('input'));
  }
  return {
    overflow: document.documentElement.scrollWidth - wide,
    outside: outside.map(words), pale, texts: texts.length, overlaps,
    fetched: performance.getEntriesByType('resource').map(({ name }) => name),
    handlers: all('*').flatMap(({ attributes }) => [...attributes].map(({ name }) => name).filter((name) => name.startsWith('on'))),
    hacked: 'hacked' in globalThis, openedMs, elements: all('*').length, background: getComputedStyle(document.body).backgroundColor,
    unnamed: all('svg').filter((shape) => shape.getAttribute('aria-hidden') !== 'true' && shape.getAttribute('aria-label') === null && shape.closest('.legend') === null).map(words),
    firstWords: document.body.innerText.trim().slice(0, 200),
    copyButtons: all('.command > button').length,
    filtered: document.querySelector('#filter output')?.textContent,
  };
}

/** Opens a copy of the page and measures it; `isPlain`: its own script does not run, as where scripts are forbidden. */
export async function measuredNight(html: string, browser: string, viewing: Viewing & { readonly isPlain?: boolean }): Promise<MeasuredNight> {
  const page = viewing.isPlain === true ? html.replaceAll(/<script>[^]*?<\/script>/g, '') : html;
  return await measuredBy(page, browser, viewing, measure);
}
