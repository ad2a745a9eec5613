import type { Group } from '../group.ts';
import { alone } from './alone.ts';
import { audit } from './audit.ts';
import { grain } from './grain.ts';
import { kill } from './kill.ts';
import { large } from './large.ts';
import { mixed } from './mixed.ts';
import { overhead } from './overhead.ts';
import { parallel } from './parallel.ts';
import { start } from './start.ts';
import { waiting } from './waiting.ts';

/** In the order in which they run and stand in the report. */
export const allGroups: readonly Group[] = [
  overhead,
  alone,
  grain,
  mixed,
  large,
  waiting,
  parallel,
  audit,
  start,
  kill,
];
