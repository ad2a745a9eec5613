import { ALL_STOPS, describeStops } from './stop-battery.ts';

describeStops({ isolations: ['thread', 'process'], stops: ALL_STOPS });
