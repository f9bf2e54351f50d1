(globalThis as any).DBG = process.env.DBG;
import { simulate } from './simulation.ts';
const from = Number(process.argv[2] ?? 0), n = Number(process.argv[3] ?? 20);
let bad = 0; const t0 = Date.now(); let ans=0, fail=0, del=0;
for (let s = from; s < from + n; s++) {
  let v; try { v = simulate(s); } catch (e) { console.log(s, String(e)); bad++; continue; }
  ans += v.answered; fail += v.failed; del += v.delivered;
  if (v.violations.length) { bad++; if (bad <= Number(process.argv[4] ?? 3)) console.log(s, v.violations.slice(0,4), v.tookMs, JSON.stringify(v.scenario)); }
}
console.log({ bad, n, ms: (Date.now() - t0) / n, ans, fail, del });
