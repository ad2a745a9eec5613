import { describeSchedules } from './schedule-battery.ts';

// the other half, for the other core
describeSchedules(Number(process.env['SCHEDULES'] ?? 20_000) / 2);
