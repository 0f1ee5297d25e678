// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { hasCode } from '../foundation/errors.ts';
import { nightlyOptions } from './nightly-options.ts';

const campaign = ['--campaign', 'x'];

it.each([
  [[], /no campaign is given/],
  [[...campaign, '--shard', '1/2'], /--shard needs a seed/],
  [[...campaign, '--shard', '3/2', '--seed', 'a'], /not one part/],
  [[...campaign, '--budget', '20'], /no length of time/],
  [[...campaign, '--seed', '../../etc'], /--seed/],
  [[...campaign, '--jobs', '0'], /--jobs 0/],
  [[...campaign, '--sead', '1'], /sead/],
  [[...campaign, '--go-on'], /--go-on needs the --seed/],
  [[...campaign, '--go-on', '--seed', '1', '--resume'], /no --resume/],
  [['merge'], /no bundle is given/],
  [['merj'], /no nightly "merj"/],
  [['report', 'all'], /report takes no "all"/],
] as const)('refused: %j', (args, words) => {
  const error = (() => {
    try {
      return nightlyOptions(args, '/');
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(hasCode(error, 'CONFIG_INVALID') ? error.message : error).toMatch(words);
});

it('reads what is given', () => {
  expect(nightlyOptions([...campaign, '--shard', '2/4', '--seed', '9', '--budget', '1h30m', '--quiet', '--store', 'there'], '/root')).toMatchObject({ action: 'run', campaign: 'x', shard: { index: 2, count: 4 }, seed: '9', budgetMs: 5_400_000, quiet: true, store: '/root/there', resume: false });
  expect(nightlyOptions(['merge', 'a', 'b'], '/root')).toMatchObject({ action: 'merge', bundles: ['a', 'b'], store: '/root/nights' });
});
