// SPDX-License-Identifier: Apache-2.0

const light = `--paper:#ffffff;--ink:#1c1f24;--soft:#5c636e;--rule:#d5d9df;--panel:#f4f5f7;--wrong:#c0182b;--wrong-paper:#fdecee;--warn:#8a5200;--warn-paper:#fff4de;--good:#1a6e34;--good-paper:#e9f6ec;
--request:#9aa8ba;--layer:#2c6fd1;--held:#f2b33d;--held-edge:#8a5200;--gate:#cfd8e6;--turn:#7a4fc0;--look:#a3abb6;--read:#2c6fd1;--lock:#7a4fc0;--write:#d0660a;--name:#0d8577;--on-bar:#1c1f24;--on-layer:#ffffff`;
const dark = `--paper:#14171c;--ink:#e4e7ec;--soft:#a0a8b4;--rule:#363c46;--panel:#1d2128;--wrong:#ff7a85;--wrong-paper:#3a1a1f;--warn:#f0b350;--warn-paper:#34280f;--good:#6fcf8b;--good-paper:#16301e;
--request:#5d6a7d;--layer:#5b9bff;--held:#b97a12;--held-edge:#ffd58a;--gate:#37445a;--turn:#b79af0;--look:#707987;--read:#5b9bff;--lock:#b79af0;--write:#f59542;--name:#3fc4b3;--on-bar:#f4f5f7;--on-layer:#0d1014`;

/** What other pages share with this one. */
export const palette = `
:root{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}`;

const page = `${palette}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1360px;padding:20px;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
header{border-left:6px solid var(--good);background:var(--good-paper);padding:12px 16px;border-radius:4px}
header.broken{border-color:var(--wrong);background:var(--wrong-paper)}
header.unknown{border-color:var(--warn);background:var(--warn-paper)}
h1{font-size:20px;line-height:1.35;margin:0}
h1 b{color:var(--good)}.broken h1 b{color:var(--wrong)}.unknown h1 b{color:var(--warn)}
header p{margin:6px 0 0;color:var(--soft)}
code,pre{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:13px}
.story{color:var(--ink)!important;max-width:110ch}.again code{color:var(--ink);user-select:all}
h2{font-size:17px;margin:28px 0 6px}h3{font-size:15px;margin:18px 0 4px}
summary{cursor:pointer}summary h2,summary h3{display:inline}
figure{margin:8px 0;overflow-x:auto;border:1px solid var(--rule);border-radius:4px;background:var(--paper)}
pre{background:var(--panel);padding:10px 12px;border-radius:4px;white-space:pre-wrap;margin:6px 0}
pre .minus{color:var(--wrong)}pre .plus{color:var(--good)}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;vertical-align:top;padding:3px 10px 3px 0;border-bottom:1px solid var(--rule)}
th{color:var(--soft);font-weight:600}td.number{white-space:nowrap;text-align:right;font-variant-numeric:tabular-nums}td.short{white-space:nowrap}
.moments{padding-left:34px;margin:6px 0}.moments li{padding:2px 0}.moments li.wrong,tr.wrong td{background:var(--wrong-paper)}.moments small,.quiet{color:var(--soft)}
b.broken{color:var(--wrong)}b.unknown{color:var(--warn)}b.held{color:var(--good)}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;padding:0;margin:6px 0;list-style:none;font-size:13px;color:var(--soft)}
.legend li{display:flex;align-items:center}.legend svg{flex:none;width:26px;min-width:0;height:16px;margin-right:5px}
a{color:inherit}`;

const drawing = `
figure svg{display:block;width:100%;min-width:1000px;height:auto;font:10.5px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace}
text{fill:var(--ink)}text.small,text.result{fill:var(--soft)}text.middle,text.number{text-anchor:middle}text.name{font-weight:600}text.on{fill:var(--on-bar)}text.on-layer{fill:var(--on-layer)}
text.bad,text.fault-word{fill:var(--wrong);font-weight:600}text.warn{fill:var(--warn);font-weight:600}text.good{fill:var(--good)}text.on-line{paint-order:stroke;stroke:var(--paper);stroke-width:3px}
.grid,.rule,.lane-edge,.look-edge{stroke:var(--rule);fill:none}.grid{opacity:.55}.look-edge{stroke:var(--soft)}
.meanwhile{fill:var(--held);opacity:.13}.cut{fill:var(--panel)}.cut-sign{fill:none;stroke:var(--soft)}
.life{fill:var(--soft);opacity:.55}.life.lost{opacity:.25}.edge{fill:var(--soft)}.end.exited{fill:var(--soft)}.end.ended{fill:var(--wrong)}
.turn{fill:var(--turn)}.fault{fill:var(--wrong);stroke:var(--paper)}
.request{fill:var(--request)}.request.layer{fill:var(--layer)}.request.troubled{stroke:var(--wrong);stroke-width:1.5;stroke-dasharray:3 2}
.held{fill:var(--held);stroke:var(--held-edge);stroke-width:1}
.gate{fill:var(--gate)}.gate.unmet{fill:var(--warn-paper);stroke:var(--warn)}.came{fill:var(--held);stroke:var(--held-edge)}
.opening{stroke:var(--good);stroke-width:3;fill:none}.opening.unmet{stroke:var(--warn)}.opening-line{stroke:var(--good);stroke-dasharray:2 3;fill:none}.opening-line.unmet{stroke:var(--warn)}
.blamed-line{stroke:var(--wrong);stroke-width:1.5;opacity:.7;fill:none}
.call.look{fill:var(--look)}.call.read{fill:var(--read)}.call.lock{fill:var(--lock)}.call.write{fill:var(--write)}.call.name{fill:var(--name)}.call.failed,.seen.failed{stroke:var(--wrong);stroke-width:1.5}
.seen{fill:var(--look)}.seen.failed{fill:var(--wrong)}
.exact{fill:var(--good)}.exact.padding{fill:none;stroke:var(--good);stroke-width:2.5}.prefix{fill:var(--wrong)}.prefix-rest{fill:var(--paper);stroke:var(--wrong);stroke-width:1.5}
.other-bytes{stroke:var(--wrong);stroke-width:3;fill:none}.foreign{fill:none;stroke:var(--soft);stroke-width:1.5}.unknown-content{fill:none;stroke:var(--warn);stroke-width:2}
.balloon{fill:var(--panel);stroke:var(--soft)}.balloon.wrong{fill:var(--wrong);stroke:var(--wrong)}.number.wrong{fill:var(--paper);font-weight:700}
.blamed rect,.blamed circle:not(.balloon){stroke:var(--wrong);stroke-width:3}.blamed text.result{text-decoration:underline}`;

/** All of the page's looks; nothing of it is fetched. */
export const style = `${page}${drawing}`;
