/** `npm run schema`: writes schema.graphql at the top of the project. */
import { writeFileSync } from 'node:fs';
import { writeSchema } from './schema.ts';

writeFileSync(new URL('../../../schema.graphql', import.meta.url), writeSchema());
