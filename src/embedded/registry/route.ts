// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from 'node:http';
import type { Paths } from './paths.ts';
import type { Answer } from './respond.ts';
import type { Uploads } from './uploads.ts';

/** What every route works on. */
export interface Registry {
  readonly paths: Paths;
  readonly uploads: Uploads;
}

/** A request taken apart. */
export interface Call {
  /** Checked; empty for routes outside repositories. */
  readonly repository: string;
  /** The last part of the path: a tag, a digest or an upload's id, not checked. */
  readonly reference: string;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
}

export type Route = (registry: Registry, call: Call) => Answer | Promise<Answer>;
