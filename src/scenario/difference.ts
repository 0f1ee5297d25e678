// SPDX-License-Identifier: Apache-2.0
import { diff } from 'jest-diff';

/** A text and the words that stand for it above the diff. */
export interface Side {
  readonly name: string;
  readonly text: string;
}

const asIs = (text: string): string => text;
const dotted = (text: string): string => '·'.repeat(text.length);

/** Never coloured, since it goes into histories, messages and log files; spaces at the end of a line become dots. */
const plain = {
  aColor: asIs,
  bColor: asIs,
  changeColor: asIs,
  changeLineTrailingSpaceColor: dotted,
  commonColor: asIs,
  commonLineTrailingSpaceColor: dotted,
  patchColor: asIs,
  expand: false,
  contextLines: 3,
};

/** Where two texts part, line by line, with a few lines around; empty when they are equal. */
export function difference(expected: Side, received: Side): string {
  if (expected.text === received.text) return '';
  return diff(expected.text, received.text, { ...plain, aAnnotation: expected.name, bAnnotation: received.name }) ?? '';
}
