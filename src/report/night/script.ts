// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

/**
 * All that the page runs: a button that copies a command, a filter of the findings. Without it nothing is missing but these: it makes its own controls. The
 * policy of the page names its digest, so nothing else is ever run there.
 */
export const script = `
{
for (const command of document.querySelectorAll('.command')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'copy';
  button.setAttribute('aria-label', 'copy this command');
  button.addEventListener('click', async () => {
    const pre = command.querySelector('pre');
    try { await navigator.clipboard.writeText(pre.textContent); button.textContent = 'copied'; }
    catch { getSelection().selectAllChildren(pre); button.textContent = 'selected'; }
  });
  command.append(button);
}
const cards = [...document.querySelectorAll('.card[data-status]')];
const place = document.getElementById('filter');
if (place !== null && cards.length > 3) {
  const [select, input, count] = ['select', 'input', 'output'].map((name) => document.createElement(name));
  for (const status of ['all', ...new Set(cards.map((card) => card.dataset.status))]) select.append(new Option(status));
  input.type = 'search';
  for (const [words, control] of [['status', select], ['words', input]]) {
    const label = document.createElement('label');
    label.append(words, control);
    place.append(label);
  }
  place.append(count);
  const show = () => {
    let shown = 0;
    const words = input.value.toLowerCase();
    for (const card of cards) {
      card.hidden = !((select.value === 'all' || select.value === card.dataset.status) && card.textContent.toLowerCase().includes(words));
      if (!card.hidden) shown += 1;
    }
    for (const group of document.querySelectorAll('details.group')) if (words !== '' || select.value !== 'all') group.open = true;
    count.value = shown + ' of ' + cards.length + ' shown';
  };
  select.addEventListener('change', show);
  input.addEventListener('input', show);
}
}
`;

export const scriptSource = `'sha256-${createHash('sha256').update(script).digest('base64')}'`;
