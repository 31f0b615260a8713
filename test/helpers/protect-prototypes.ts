/** As the program runs: every test shows that all it uses bears it. */
import { protectPrototypes } from '../../src/platform/runtime/protect-prototypes.ts';

protectPrototypes();
