// SPDX-License-Identifier: Apache-2.0
import { measureProxy } from './proxy-throughput.ts';

// A process with a door and nothing else: a large heap makes each collection of read buffers dearer.
const reader = process.argv[2] === 'counts' ? 'counts' : 'verifies';
process.stdout.write(JSON.stringify(await measureProxy({ bytes: 1024 ** 3, reader })));
