import 'reflect-metadata';
import { availableParallelism } from 'node:os';
import { readEnvironment, sizeThreadPool } from './platform/config/environment';
import { serve } from './serve';

sizeThreadPool(availableParallelism());
void serve(readEnvironment());
