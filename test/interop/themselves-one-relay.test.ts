import { cellsOf } from './cells.ts';
import { matrixOfTheirs } from './matrix.ts';

matrixOfTheirs(cellsOf('their client, their server', { relays: 1 }));
