// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';

/**
 * Ends a process group when this process is gone, whatever ended it: a process that stands stopped can't see that by
 * itself. The function returned lets the group alone.
 */
export function guardGroup(group: number): () => void {
  const guard = spawn('/bin/sh', ['-c', 'read -r word; [ "$word" = over ] || kill -s KILL -- "-$0"', String(group)], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  // Gone already, with everything else: then there is nothing to let alone.
  guard.stdin.on('error', () => undefined);
  guard.unref();
  return () => void guard.stdin.end('over\n');
}
