import { Scheduler } from './scheduler.ts';
import { simulate } from './simulation.ts';
let n = 0; const seen = new Map<string, number>();
const orig = Scheduler.prototype.after;
Scheduler.prototype.after = function (d: number, run: () => void) { n++; if (n > 100000 && n < 102000) { const k = (new Error().stack ?? '').split('\n').slice(2, 6).map((x) => x.trim().replace(/\(.*\//, '(')).join(' < '); seen.set(k, (seen.get(k) ?? 0) + 1); } return orig.call(this, d, run); };
import { Pump } from './pump.ts'; const os = (Pump.prototype as any).kick; import { Link } from '@mcp-nostr/transport'; const op = Link.prototype.poll; Link.prototype.poll = function () { const r = op.call(this); n++; if (n > 100000 && n < 100040 && r?.frame) console.log(JSON.stringify(r.frame).slice(0, 300), JSON.stringify((this as any).debug())); return r; };
try { console.log(simulate(Number(process.argv[2] ?? 0)).violations); } catch (e) { console.log(String(e)); }
console.log([...seen].sort((a, b) => b[1] - a[1]).slice(0, 6));
