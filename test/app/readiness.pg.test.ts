import { rm, writeFile } from 'node:fs/promises';
import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withSmallDisk } from '../../bench/small-disk.ts';
import { checkReadiness } from '../../src/app/readiness.ts';
import { startLapwing } from '../../src/app/start-server.ts';
import { createLog } from '../../src/log.ts';
import { readConfig } from '../../src/platform/config/read-config.ts';
import { startServer } from '../helpers/start-server.ts';
import { until } from '../helpers/until.ts';

interface Answer {
  readonly status: string;
  readonly problems: readonly string[];
}

async function askReady(url: string): Promise<Answer & { readonly code: number }> {
  const response = await fetch(new URL('/ready', url));
  return { code: response.status, ...((await response.json()) as Answer) };
}

describe('/ready', () => {
  it('is not ready while the disk of the embedded database is full, and ready when there is room again', async (context) => {
    const outcome = await withSmallDisk(240, async (disk) => {
      const lapwing = await startLapwing(
        readConfig({
          LAPWING_DATA_DIR: join(disk, 'data'),
          LAPWING_PORT: '0',
          LAPWING_GRAPHITE_PORT: '',
          LAPWING_HOST_METRICS: 'off',
        }),
        createLog('silent'),
        { onLost: () => undefined },
      );
      try {
        const url = lapwing.addresses.http ?? '';
        expect(await askReady(url)).toMatchObject({ code: 200, problems: [] });
        const { bavail, bsize } = statfsSync(disk);
        const filler = join(disk, 'filler');
        await writeFile(filler, Buffer.alloc(Math.max(0, bavail * bsize - 20 * 1024 * 1024)));
        const full = await askReady(url);
        expect(full).toMatchObject({ code: 503, status: 'not ready' });
        expect(full.problems.join()).toMatch(
          /the disk of .* is full \(\d+ MB left\): points cannot be stored/,
        );
        // So it says, too, where PostgreSQL has ended for want of room.
        const ended = {
          engine: lapwing.engine,
          database: { isUp: () => false, isEmbedded: true },
          secrets: { findProblem: () => Promise.resolve(null) },
          dataDir: join(disk, 'data'),
          queueLimit: 1000,
        };
        expect((await checkReadiness(ended)).problems).toEqual(full.problems);
        await rm(filler);
        expect((await checkReadiness(ended)).problems).toEqual([
          'the database is being started again, or does not answer',
        ]);
        expect(await askReady(url)).toMatchObject({ code: 200, problems: [] });
        return 'tried';
      } finally {
        await lapwing.stop();
      }
    });
    if (outcome === null) context.skip('nothing can be mounted here');
  });

  it('is not ready while a database elsewhere has no room, and ready with the first points that are stored', async () => {
    await using server = await startServer();
    const { pool, accept } = server.engine;
    const push = () => accept.acceptNamed([{ metric: 'load', timestampMs: Date.now(), value: 1 }]);
    await pool.query(
      `CREATE FUNCTION fill_disk() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
       CREATE TRIGGER full_disk BEFORE INSERT ON sample FOR EACH ROW EXECUTE FUNCTION fill_disk()`,
    );
    await expect(push()).rejects.toThrow('the points could not be written: send them again in a moment');
    expect(await askReady(server.url)).toMatchObject({
      code: 503,
      problems: ['the disk of the database is full: points cannot be stored'],
    });
    await pool.query('DROP TRIGGER full_disk ON sample');
    await push();
    await until(async () => expect((await askReady(server.url)).code).toBe(200));
  });
});
