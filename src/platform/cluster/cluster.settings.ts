import { availableParallelism } from 'node:os';
import { wholeNumber } from '../config/setting-types';
import { defineSettings } from '../config/settings';

export const clusterSettings = defineSettings('cluster', {
  variables: { CLUSTER_WORKERS: wholeNumber(1, 1024)({ default: availableParallelism() }) },
  complete: ({ CLUSTER_WORKERS }) => ({ workers: CLUSTER_WORKERS }),
});
