import { describeSchedules } from './schedule-battery.ts';

// far more of them: schedules-1.stress.test.ts
describeSchedules(2_000);
