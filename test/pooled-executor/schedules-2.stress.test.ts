import { describeSchedules } from './schedule-battery.ts';

// the other half, for the other core
describeSchedules(Number(process.env['SCHEDULES'] ?? 200_000) / 2);
