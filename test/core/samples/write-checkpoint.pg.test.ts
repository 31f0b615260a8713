import { expect, it } from 'vitest';
import { EMPTY_BATCH, writeBatch } from '../../../src/core/samples/write-batch.ts';
import { withDatabase } from '../../helpers/database.ts';

it('a checkpoint takes the place of one with fewer rows, or of one that cannot be continued', async () => {
  await using database = await withDatabase();
  const { pool, prisma } = database;
  const { number: metricNumber } = await prisma.metric.create({
    data: { datasource: 'CUSTOM', identity: 'm', name: 'm', server: 'm', progress: { create: {} } },
  });
  const write = (version: number, scoredRows: number) => {
    const checkpoint = {
      metricNumber,
      detector: 'd',
      version,
      scoredRows,
      timestampMs: 0,
      state: new Uint8Array(1),
    };
    return writeBatch(pool, { ...EMPTY_BATCH, checkpoints: [checkpoint] });
  };
  const stored = () => prisma.modelCheckpoint.findUnique({ where: { metricNumber } });
  await write(1, 100_000);
  await write(1, 99_999);
  expect(await stored()).toMatchObject({ version: 1, scoredRows: 100_000 });
  await write(2, 20_000);
  expect(await stored()).toMatchObject({ version: 2, scoredRows: 20_000 });
});
