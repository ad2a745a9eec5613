import { describeSchedules } from './schedule-battery.ts';

// the other half, for the other core
const half = Number(process.env['SCHEDULES'] ?? 200_000) / 2;
describeSchedules(half, half);
