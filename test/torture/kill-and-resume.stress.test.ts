import { COMPRESSED, CSV_WITH_REJECTS, describeKills, NDJSON_IN_PLACE } from './kill-battery.ts';

describeKills([NDJSON_IN_PLACE, CSV_WITH_REJECTS, COMPRESSED], Number(process.env['TORTURE_KILLS'] ?? 2));
