import { cross } from './cross.ts';

cross('in memory');
