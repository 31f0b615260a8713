/** Tags as requests and answers hold them. */
import { list, structure, text, type Infer } from '../model/shape.ts';

const TAG_SHAPE = structure({ Key: text(1, 128), Value: text(0, 256) }, ['Key', 'Value']);
export const TAGS_SHAPE = list(TAG_SHAPE);
export type Tags = Infer<typeof TAGS_SHAPE>;

const RESOURCE_ARN = text(1, 1_024);
export const TAG_RESOURCE_INPUT = structure({ ResourceARN: RESOURCE_ARN, Tags: TAGS_SHAPE }, [
  'ResourceARN',
  'Tags',
]);
export const UNTAG_RESOURCE_INPUT = structure({ ResourceARN: RESOURCE_ARN, TagKeys: list(text(1, 128)) }, [
  'ResourceARN',
  'TagKeys',
]);
export const LIST_TAGS_INPUT = structure({ ResourceARN: RESOURCE_ARN }, ['ResourceARN']);
export const LIST_TAGS_OUTPUT = structure({ Tags: TAGS_SHAPE });
