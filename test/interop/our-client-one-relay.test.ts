import { cellsOf } from './cells.ts';
import { matrix } from './matrix.ts';

matrix(cellsOf('our client, their server', { relays: 1 }));
