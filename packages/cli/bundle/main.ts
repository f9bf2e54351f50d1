import { buildCli } from './build-cli.ts';

const { file, bytes, gzipBytes } = await buildCli();
process.stderr.write(`${file}: ${bytes} bytes, ${gzipBytes} compressed\n`);
