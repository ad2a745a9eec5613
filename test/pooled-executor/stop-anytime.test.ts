import { describeStops } from './stop-battery.ts';

describeStops({ isolations: ['thread'], stops: ['all of them'] });
