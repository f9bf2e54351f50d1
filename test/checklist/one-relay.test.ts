import { cross } from './cross.ts';

cross('one relay');
