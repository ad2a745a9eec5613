import type { Group } from '../group.ts';
import { audit } from './audit.ts';
import { cli } from './cli.ts';
import { grain } from './grain.ts';
import { kill } from './kill.ts';
import { large } from './large.ts';
import { memory } from './memory.ts';
import { mixed } from './mixed.ts';
import { order } from './order.ts';
import { overhead } from './overhead.ts';
import { parallel } from './parallel.ts';
import { start } from './start.ts';
import { throttle } from './throttle.ts';
import { waiting } from './waiting.ts';

/** In the order in which they run and stand in the report. */
export const allGroups: readonly Group[] = [
  overhead,
  grain,
  mixed,
  order,
  memory,
  large,
  waiting,
  parallel,
  audit,
  cli,
  start,
  kill,
  throttle,
];
