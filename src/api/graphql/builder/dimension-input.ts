/** A dimension as it is asked for. */
import { builder } from './builder.ts';

export const DimensionInputRef = builder.inputType('DimensionInput', {
  description: 'A dimension of a CloudWatch metric.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Its name, 1 to 255 ASCII characters.' }),
    value: t.string({
      description: 'Its value, 1 to 1,024 ASCII characters. Left out of a filter, any value will do.',
    }),
  }),
});

export interface DimensionInput {
  readonly name: string;
  readonly value?: string | null | undefined;
}

/** As the CloudWatch service takes it. */
export function toDimension({ name, value }: DimensionInput): { Name: string; Value: string | undefined } {
  return { Name: name, Value: value ?? undefined };
}
