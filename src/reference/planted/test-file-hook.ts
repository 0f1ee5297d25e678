// SPDX-License-Identifier: Apache-2.0

/** Called before a file call on a path; what it waits for holds the call. */
export type FileHook = (call: string, path: string) => Promise<void> | undefined;

export const fileHook: { current: FileHook } = { current: () => undefined };

/** Holds the `nth` call of that name on a path that the pattern matches; the returned promise tells of its arrival. */
export function holdFileCall(call: string, pattern: RegExp, nth = 1): { readonly reached: Promise<void>; readonly go: () => void } {
  let [reach, go] = [(): void => undefined, (): void => undefined];
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const going = new Promise<void>((resolve) => (go = resolve));
  const others = fileHook.current;
  let seen = 0;
  fileHook.current = (name, path) => {
    if (name !== call || !pattern.test(path)) return others(name, path);
    seen += 1;
    if (seen !== nth) return others(name, path);
    reach();
    return going;
  };
  return { reached, go };
}
