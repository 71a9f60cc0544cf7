import 'reflect-metadata';
import { coresToUse, readEnvironment, sizeThreadPool } from './platform/config/environment';
import { serve } from './serve';

const environment = readEnvironment();
sizeThreadPool(coresToUse());
void serve(environment);
