import { cellsOf } from './cells.ts';
import { matrix } from './matrix.ts';

matrix(cellsOf('their client, our server', { relays: 1 }));
