// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { StampedeError } from '../foundation/errors.ts';
import type { Environment } from './proxy.ts';
import type { Credentials } from './registry-login.ts';

const configSchema = z.object({ auths: z.record(z.string(), z.object({ auth: z.string().optional() })).optional() });

/**
 * Who asks a registry, as `docker login` has left it in `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`; undefined where nothing is said of it.
 * @throws StampedeError CONFIG_INVALID for a file that can't be understood
 */
export function dockerCredentials(host: string, environment: Environment): Credentials | undefined {
  const folder = environment['DOCKER_CONFIG'] || join(environment['HOME'] ?? '', '.docker');
  const file = join(folder, 'config.json');
  const text = textOf(file);
  if (text === undefined) return undefined;
  const auth = parse(text, file).auths?.[host]?.auth;
  if (auth === undefined || auth === '') return undefined;
  const decoded = Buffer.from(auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon < 0) throw new StampedeError('CONFIG_INVALID', `${file}: what stands there for ${host} is no name and password`, { hint: `docker login ${host}` });
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StampedeError('CONFIG_INVALID', `${file} can't be read`, { cause });
  }
}

function parse(text: string, file: string): z.output<typeof configSchema> {
  try {
    return configSchema.parse(JSON.parse(text));
  } catch {
    // Not told why: that would show what stands in it.
    throw new StampedeError('CONFIG_INVALID', `${file} is not what docker login writes`);
  }
}
