/** Everything that can go goes. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** A few collections, with time between for what ends late. */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round += 1) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
