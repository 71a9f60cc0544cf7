import 'reflect-metadata';
import { coresToUse, readEnvironment, sizeThreadPool } from './platform/config/environment';
import { lowerThreadPool } from './platform/config/thread-priority';
import { serve } from './serve';

const environment = readEnvironment();
sizeThreadPool(coresToUse());
void lowerThreadPool().then(() => serve(environment));
