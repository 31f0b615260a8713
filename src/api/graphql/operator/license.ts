/** The type License. */
import type { LicenseState } from '../../../platform/telemetry/license.ts';
import { builder } from '../builder/builder.ts';

const LicenseStatusRef = builder.enumType('LicenseStatus', {
  description: 'How the licence is.',
  values: {
    OK: { value: 'ok', description: 'It holds, or there is none: the software is free.' },
    WARNING: { value: 'warning', description: 'It ends within 30 days.' },
    ERROR: {
      value: 'error',
      description: 'It ended, or cannot be believed. Nothing that is monitored stops.',
    },
  },
});

export const LicenseRef = builder.objectRef<LicenseState>('License').implement({
  description: 'The licence this server has. None is needed.',
  fields: (t) => ({
    status: t.expose('status', { type: LicenseStatusRef, description: 'How it is.' }),
    holder: t.exposeString('holder', {
      nullable: true,
      description: 'Whom it was given to; null without one, or when it cannot be believed.',
    }),
    expires: t.expose('expires', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ends; null when it never does.',
    }),
    restDays: t.exposeInt('restDays', {
      nullable: true,
      description: 'Whole days until then, negative afterwards.',
    }),
    resources: t.exposeInt('resources', {
      nullable: true,
      description: 'How many resources it allows to watch; null for any number.',
    }),
    warnings: t.exposeStringList('warnings', { description: 'What will be wrong.' }),
    errors: t.exposeStringList('errors', { description: 'What is wrong.' }),
  }),
});
