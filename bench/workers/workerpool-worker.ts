import workerpool from 'workerpool';
import transform from './transform.ts';

workerpool.worker({ transform });
