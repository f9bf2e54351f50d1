import { cross } from './cross.ts';

cross('two relays');
