// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { timeScale } from './time-scale.ts';

const room = { left: 100, right: 1100 };
const steps = (from: number, to: number, by: number): number[] => Array.from({ length: Math.round((to - from) / by) + 1 }, (_, index) => from + index * by);

describe('the scale of time', () => {
  it('is to scale', () => {
    const { x, breaks } = timeScale(steps(0, 1000, 10), room);
    expect([x(0), x(250), x(500), x(1000)]).toEqual([100, 350, 600, 1100]);
    expect(breaks).toEqual([]);
  });

  it('cuts a long time in which nothing was seen, and says how long it was', () => {
    const { x, breaks } = timeScale([...steps(0, 100, 10), ...steps(9100, 9200, 10)], room);
    expect(breaks).toEqual([{ from: x(100), to: x(9100), text: '9,000 ms' }]);
    expect(x(9100) - x(100)).toBe(46);
    expect(x(50) - x(0)).toBeCloseTo(x(9150) - x(9100));
    expect(x(9200)).toBe(1100);
  });

  it('is not cut where events are few and far between', () => {
    expect(timeScale([0, 1000, 2000, 3000], room).breaks).toEqual([]);
  });

  it('keeps the order of all moments, and none leaves the picture', () => {
    const times = [0, 3, 3, 90, 91, 4000, 4001, 4002, 9000, 9001];
    const places = times.map((at) => timeScale(times, room).x(at));
    expect(places).toEqual([...places].sort((one, other) => one - other));
    expect([timeScale(times, room).x(-5), timeScale(times, room).x(1e9)]).toEqual([100, 1100]);
  });

  it('has ticks at round times with room beside each other', () => {
    const { ticks } = timeScale(steps(3, 987, 12), room);
    expect(ticks[0]?.text).toBe('100 ms');
    const apart = ticks.slice(1).map(({ x }, index) => x - (ticks[index]?.x ?? 0));
    expect(Math.min(...apart)).toBeGreaterThanOrEqual(64);
  });

  it.each([[[]], [[5]], [[5, 5]]])('has a place for everything where time stands still: %j', (times) => {
    const { x, ticks } = timeScale(times, room);
    expect(x(5)).toBe(100);
    expect(ticks.every((tick) => Number.isFinite(tick.x))).toBe(true);
  });
});
