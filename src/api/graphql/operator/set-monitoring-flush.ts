/** The mutation that changes how often the server writes its own points. */
import { InvalidInputError, NotSupportedError } from '../../../errors.ts';
import { builder } from '../builder/builder.ts';
import { resultUnion } from '../builder/field-options.ts';
import { ServerInfoRef } from './server-info.ts';

const MAX_SECONDS_LENGTH = 3600;

const SetMonitoringFlushInputRef = builder.inputType('SetMonitoringFlushInput', {
  description: "How often the server's own points are written to InfluxDB.",
  fields: (t) => ({
    seconds: t.int({
      required: true,
      description: `Seconds between two writes, 1 to ${MAX_SECONDS_LENGTH}.`,
    }),
  }),
});

builder.mutationField('setMonitoringFlush', (t) =>
  t.field({
    type: ServerInfoRef,
    description:
      "Changes how often the server's own points are written to InfluxDB, until it is started again: then the setting holds.",
    errors: resultUnion([NotSupportedError], 'The server as it is now, or why nothing was changed.'),
    extensions: { scope: 'ADMIN' },
    args: {
      input: t.arg({ type: SetMonitoringFlushInputRef, required: true, description: 'How often.' }),
    },
    resolve: (_root, { input: { seconds } }, context) => {
      if (seconds < 1 || seconds > MAX_SECONDS_LENGTH) {
        throw InvalidInputError.at(['seconds'], `expected 1 to ${MAX_SECONDS_LENGTH}, got ${seconds}`, [
          'input',
        ]);
      }
      if (context.flushPeriod === null) {
        throw new NotSupportedError('no InfluxDB takes own points: set LAPWING_INFLUXDB_URL');
      }
      context.flushPeriod.setFlushSeconds(seconds);
      return context;
    },
  }),
);
