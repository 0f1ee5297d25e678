// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hasCode } from '../foundation/errors.ts';
import { readComposeFile, withDependencies } from './compose-file.ts';
import { projectComposeFile } from './test-engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'compose-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const original = readFileSync(projectComposeFile, 'utf8');

function edited(from: string, to: string): string {
  expect(original).toContain(from);
  const path = join(folder, 'docker-compose.yml');
  writeFileSync(path, original.replace(from, to));
  return path;
}

function refusal(path: string): string {
  try {
    readComposeFile(path, {});
  } catch (error) {
    expect(hasCode(error, 'COMPOSE_FILE_INVALID')).toBe(true);
    return (error as Error).message;
  }
  throw new Error('was not refused');
}

describe("the project's compose file", () => {
  it('has every service, its ports on loopback and free ones', () => {
    const { definitions } = readComposeFile(projectComposeFile, {});
    expect(definitions.map(({ service }) => service)).toEqual(['registry', 'database', 'redis', 'trillian-log-server', 'trillian-log-signer', 'rekor', 'git']);
    expect(definitions.flatMap(({ service, ports }) => ports.map(({ container, host }) => `${service} ${container} ${host}`))).toEqual(['registry 5000 0', 'rekor 3000 0', 'git 8443 0']);
    expect(definitions.every(({ image, build }) => image.endsWith(':local') && build !== undefined)).toBe(true);
  });

  it('takes images and ports from the environment', () => {
    const { definitions } = readComposeFile(projectComposeFile, { STAMPEDE_REGISTRY_IMAGE: 'example.com/registry@sha256:00', STAMPEDE_REGISTRY_PORT: '5005' });
    expect(definitions[0]).toMatchObject({ image: 'example.com/registry@sha256:00', ports: [{ host: 5005, container: 5000 }] });
  });

  it('knows what a service needs, that first', () => {
    const file = readComposeFile(projectComposeFile, {});
    expect(withDependencies(file, 'rekor').map(({ service }) => service)).toEqual(['redis', 'database', 'trillian-log-server', 'trillian-log-signer', 'rekor']);
    expect(withDependencies(file, 'git').map(({ service }) => service)).toEqual(['git']);
  });
});

describe('a compose file edited wrongly', () => {
  it.each([
    ['a port on all interfaces', '"127.0.0.1:${STAMPEDE_GIT_PORT:-}:8443"', '"8443:8443"', 'services.git.ports.0'],
    ['a misspelt key', 'healthcheck:', 'healtcheck:', 'services.registry'],
    ['no image', 'image: ${STAMPEDE_REDIS_IMAGE:-stampede-redis:local}', 'restart: always', 'services.redis'],
    ['a need that is not there', 'redis:\n        condition', 'memcached:\n        condition', 'services.rekor.depends_on'],
    ['a shell health check', '["CMD", "redis-cli", "ping"]', '["CMD-SHELL", "redis-cli ping"]', 'services.redis.healthcheck.test'],
    ['a duration in words', 'interval: 1s', 'interval: a while', 'services.registry.healthcheck.interval'],
    ['no YAML', 'services:', 'services: [', ''],
  ])('%s is named by its place', (_what, from, to, place) => {
    expect(refusal(edited(from, to))).toContain(place);
  });

  it('a service that needs itself, over others, is refused', () => {
    const path = edited('  database:\n', '  database:\n    depends_on:\n      rekor:\n        condition: service_healthy\n');
    expect(refusal(path)).toContain('needs itself');
  });

  it('one that is not there is refused', () => {
    expect(refusal(join(folder, 'none.yml'))).toContain('none.yml');
  });
});
