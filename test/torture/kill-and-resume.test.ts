import { describeKills, NDJSON_IN_PLACE } from './kill-battery.ts';

// far more of it: kill-and-resume.stress.test.ts
describeKills([NDJSON_IN_PLACE], 1, 1);
