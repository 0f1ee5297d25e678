// SPDX-License-Identifier: Apache-2.0
import { config } from 'zod';

// Checks are compiled for those who make many of them; a run makes a few, and to compile them takes longer than they do. It has to
// be said before the first schema is made.
config({ jitless: true });
