/** The last test of a file puts its variables back as well: vitest does so before each test, and files share a process. */
import { afterAll, vi } from 'vitest';

afterAll(() => {
  vi.unstubAllEnvs();
});
