/** Models of an export, read from the text of a file. */

export interface ReadModel {
  readonly title: string;
  readonly model: unknown;
}

/**
 * Understands an array of models, one model alone, and one model a line.
 * @throws Error that says what is wrong with the file
 */
export function readModels(text: string): readonly ReadModel[] {
  const found = parseWhole(text) ?? parseLines(text);
  if (found === null) {
    throw new Error(
      'This is not JSON, and not JSON line by line. What is imported is what an export gave; samples of other programs are pushed.',
    );
  }
  const models = Array.isArray(found) ? (found as readonly unknown[]) : [found];
  if (models.length === 0) throw new Error('There are no models in it.');
  return models.map((model, index) => ({ title: nameModel(model, index), model }));
}

function parseWhole(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function parseLines(text: string): readonly unknown[] | null {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const models = lines.map(parseWhole);
  return lines.length > 0 && models.every((model) => model !== null) ? models : null;
}

/** What a person knows it by: its metric, or its place in the file. */
function nameModel(model: unknown, index: number): string {
  const fields = asFields(model);
  const spec = asFields(fields.metricSpec ?? fields.modelParams);
  const names = [fields.metric, fields.name, spec.name, spec.metric, asFields(spec.customName).name];
  const name = names.find((part) => typeof part === 'string' && part !== '');
  return typeof name === 'string' ? name : `model ${index + 1}`;
}

function asFields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
