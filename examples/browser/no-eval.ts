import { config } from 'zod';

// Zod compiles its parsers with `new Function` where it can, and trying counts as a violation of the page's Content
// Security Policy. This has to run before the SDK makes its schemas: import it first.
config({ jitless: true });
