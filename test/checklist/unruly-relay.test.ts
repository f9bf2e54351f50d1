import { cross } from './cross.ts';

cross('an unruly relay');
