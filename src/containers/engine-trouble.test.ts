// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { engineTrouble } from './engine-trouble.ts';

describe('words of engines', () => {
  it.each([
    ['Bind for 127.0.0.1:5000 failed: port is already allocated', 'PORT_TAKEN'],
    ['failed to create network x_default: Error response from daemon: could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network', 'ENGINE_OUT_OF_NETWORKS'],
    ['Error response from daemon: all predefined address pools have been fully subnetted', 'ENGINE_OUT_OF_NETWORKS'],
    ['could not find free subnet from subnet pools', 'ENGINE_OUT_OF_NETWORKS'],
    ['write /var/lib/x: no space left on device', 'DISK_FULL'],
    ['connect ECONNREFUSED /run/docker.sock', 'ENGINE_MISSING'],
    ['something nobody knows', 'SERVICE_START_FAILED'],
  ])('%s', (said, code) => {
    const trouble = engineTrouble('git', new Error(said));
    expect(trouble).toMatchObject({ code, hint: expect.any(String) as string });
    expect(trouble.message).toMatch(/^git: /);
  });

  it('an engine at a service that fills its disk has told of it in the log alone', () => {
    expect(engineTrouble('rekor', new Error('exited (1)'), ['starting', 'ERROR: No space left on device'])).toMatchObject({ code: 'DISK_FULL' });
  });
});
