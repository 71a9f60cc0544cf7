import 'reflect-metadata';
import { coresToUse, readEnvironment, sizeThreadPool } from './platform/config/environment';
import { collectSooner } from './platform/process/memory';
import { lowerThreadPool } from './platform/process/thread-priority';
import { serve } from './serve';

collectSooner();
const environment = readEnvironment();
sizeThreadPool(coresToUse());
void lowerThreadPool().then(() => serve(environment));
