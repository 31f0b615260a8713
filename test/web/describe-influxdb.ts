/** What an InfluxDB answers that has one bucket, `shop`, with the measurements `queue` and `rate`. */

export function describeInfluxdb(query: string): string {
  if (query.startsWith('buckets()')) return writeTable('name', ['_monitoring', 'shop']);
  if (query.includes('schema.measurements(')) return writeTable('_value', ['rate', 'queue']);
  if (query.includes('measurementFieldKeys')) return writeTable('_value', ['age', 'depth']);
  if (query.includes('measurementTagKeys')) return writeTable('_value', ['_start', 'host', 'zone']);
  // Nothing was written to any series.
  return '';
}

/** Annotated CSV with one column beside the two that every table has. */
function writeTable(column: string, values: readonly string[]): string {
  return [
    '#datatype,string,long,string',
    '#group,false,false,false',
    '#default,_result,,',
    `,result,table,${column}`,
    ...values.map((value) => `,,0,${value}`),
    '',
  ].join('\r\n');
}
