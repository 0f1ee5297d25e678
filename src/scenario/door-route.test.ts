// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { routeThrough, underUsualName } from './door-route.ts';

const called = { arguments: ['pull', 'registry.local/s-1/image', '{"image":"registry.local/s-1/other"}'], environment: { HOME: '/home', IMAGE: 'oci::registry.local/s-1/policy' } };
const door = 'http://127.0.0.1:34567';

describe('the way through a door', () => {
  it('is that of the proxy variables', () => {
    expect(routeThrough(door, 'forward', called)).toEqual({ ...called, registryName: 'registry.local', environment: { ...called.environment, HTTP_PROXY: door, HTTPS_PROXY: door, http_proxy: door, https_proxy: door } });
  });

  it('is the address of the door in place of the name, for who ignores them', () => {
    expect(routeThrough(door, 'reverse', called)).toEqual({
      registryName: '127.0.0.1:34567',
      arguments: ['pull', '127.0.0.1:34567/s-1/image', '{"image":"127.0.0.1:34567/s-1/other"}'],
      environment: { HOME: '/home', IMAGE: 'oci::127.0.0.1:34567/s-1/policy' },
    });
  });

  it('does not show in what is compared', () => {
    const text = 'pulled 127.0.0.1:34567/s-1/image, http://127.0.0.1%3A34567/, not 127.0.0.1:3456';
    expect(underUsualName(text, { registryName: '127.0.0.1:34567' })).toBe('pulled registry.local/s-1/image, http://registry.local/, not 127.0.0.1:3456');
    expect(underUsualName(text, { registryName: 'registry.local' })).toBe(text);
  });
});
