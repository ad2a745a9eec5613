import type { AuditRecord, AuditTrail } from './audit-trail.ts';
import { recordsOf } from './records.ts';
import type { TrailEvent } from './trail-event.ts';
import type { RecorderGroup, RecorderTarget } from './trail-recorder.ts';

/** The name of the method by which a trail of this package takes events rather than records. */
export const openEvents = Symbol('openEvents');

/** Events that will be put on record together; to be appended once. */
export type EventGroup = RecorderGroup<TrailEvent>;

/** Gives a trail what it understands: events, or else a plain record for each. */
export function eventTrailOf(trail: AuditTrail): RecorderTarget<TrailEvent> {
  if (takesEvents(trail)) return { open: () => trail[openEvents]() };
  return {
    open: () => {
      const records: AuditRecord[] = [];
      return {
        add: (events) => {
          for (const record of events.flatMap<AuditRecord>(recordsOf)) records.push(record);
        },
        append: () => trail.append(records),
      };
    },
  };
}

/** A trail that takes events. */
export interface TakesEvents {
  [openEvents](): EventGroup;
}

function takesEvents(trail: AuditTrail): trail is AuditTrail & TakesEvents {
  return openEvents in trail;
}
