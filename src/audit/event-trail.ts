import type { AuditRecord, AuditTrail } from './audit-trail.ts';
import { recordsOf } from './records.ts';
import type { TrailEvent } from './trail-event.ts';

/** The name of the method by which a trail of this package takes events rather than records. */
export const appendEvents = Symbol('appendEvents');

/** Where events go. */
export interface EventTrail {
  append(events: readonly TrailEvent[]): Promise<void>;
}

/** Gives a trail what it understands: events, or else a plain record for each. */
export function eventTrailOf(trail: AuditTrail): EventTrail {
  if (takesEvents(trail)) return { append: (events) => trail[appendEvents](events) };
  return { append: (events) => trail.append(events.flatMap<AuditRecord>(recordsOf)) };
}

/** A trail that takes events. */
export interface TakesEvents {
  [appendEvents](events: readonly TrailEvent[]): Promise<void>;
}

function takesEvents(trail: AuditTrail): trail is AuditTrail & TakesEvents {
  return appendEvents in trail;
}
