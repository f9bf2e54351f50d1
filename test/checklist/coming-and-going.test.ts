import { cross } from './cross.ts';

cross('a relay that comes and goes');
