import { describeSchedules } from './schedule-battery.ts';

describeSchedules(Number(process.env['SCHEDULES'] ?? 200_000) / 2);
