import { describeSchedules } from './schedule-battery.ts';

describeSchedules(Number(process.env['SCHEDULES'] ?? 20_000) / 2);
