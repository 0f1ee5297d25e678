// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { tornRead } from '../report/timeline/test-runs.ts';
import { issueText, type Told } from './issue-text.ts';

const told: Told = {
  report: { title: 'it fails', subject: 'reference', workload: { participants: 2, flags: [] }, symptom: { exitStatus: 1 } },
  smallest: { schedule: 'leader-follower/middle/1', forced: undefined, participants: 2, shape: { layers: 1, layerBytes: 4096, flags: [] } },
  shown: { hits: 20, runs: 20 },
  runs: [tornRead()],
  explanation: 'validator-1 stands.',
  again: 'npm run reproduce -- --bundle a.tar.gz',
  versions: { validator: 'reference' },
  system: { system: 'Linux' },
};

it('has what maintainers ask for, under their headings', () => {
  const text = issueText(told);
  expect(text.match(/^#+ .*$/gm)).toEqual(['# it fails', '## Steps', '## Expected', '## Actual', '## Version', '## System']);
  expect(text).toContain('```\nnpm run reproduce -- --bundle a.tar.gz\n```');
  expect(text).toContain('A process ends with status 1: 20 of 20 times under this schedule.');
});

it('can not be broken out of by what a program has written', () => {
  const difference = '- a\n```\n# heading\n<script>alert(1)</script>\n````\n+ b\u001b[2J';
  const text = issueText({ ...told, report: { ...told.report, title: '<img src=x> [a](http://evil) @all\n# two' }, runs: [tornRead(undefined, difference)] });
  expect(text).toContain('# &lt;img src=x&gt; \\[a\\](http://evil) @all \\# two\n');
  expect(text).toContain(`\`\`\`\`\`\n- a`);
  expect(text).not.toContain('\u001b');
  expect(text.match(/^## .*$/gm)).toHaveLength(5);
});
