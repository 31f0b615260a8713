/** Maintenance windows of rules, as they are shown. */
import type {
  HolidayWindow,
  MaintenanceWindow,
  OneOffWindow,
  WeeklyWindow,
} from '../../../core/incidents/maintenance-window.ts';
import { builder } from '../builder/builder.ts';
import { timeOf } from '../builder/field-options.ts';
import { WeekdayRef } from './incident-enums.ts';

const OneOffWindowRef = builder.objectRef<OneOffWindow>('OneOffMaintenanceWindow').implement({
  description: 'A maintenance window that comes once.',
  fields: (t) => ({
    start: t.field(timeOf('start', 'Its beginning.')),
    end: t.field(timeOf('end', 'Its end.')),
  }),
});

const WeeklyWindowRef = builder.objectRef<WeeklyWindow>('WeeklyMaintenanceWindow').implement({
  description: 'A maintenance window that comes every week.',
  fields: (t) => ({
    weekdays: t.expose('weekdays', {
      type: [WeekdayRef],
      description: 'The days it begins on.',
    }),
    from: t.exposeString('from', { description: 'Clock time of its beginning, such as 22:30.' }),
    to: t.exposeString('to', { description: 'Clock time of its end; at or before `from`, on the next day.' }),
    timeZone: t.exposeString('timeZone', { description: 'IANA name of the zone whose clock it is.' }),
  }),
});

const HolidayWindowRef = builder.objectRef<HolidayWindow>('HolidayMaintenanceWindow').implement({
  description: 'Whole days on which a rule sends no notifications.',
  fields: (t) => ({
    dates: t.exposeStringList('dates', {
      description: 'Such as 2026-12-25, or 12-25 for every year.',
    }),
    timeZone: t.exposeString('timeZone', { description: 'IANA name of the zone whose days they are.' }),
  }),
});

export const MaintenanceWindowRef = builder.unionType('MaintenanceWindow', {
  description: 'A time in which a rule sends no notifications.',
  types: [OneOffWindowRef, WeeklyWindowRef, HolidayWindowRef],
  resolveType: (window: MaintenanceWindow) => {
    if ('dates' in window) return HolidayWindowRef;
    return 'start' in window ? OneOffWindowRef : WeeklyWindowRef;
  },
});
