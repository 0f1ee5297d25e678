// SPDX-License-Identifier: Apache-2.0
import { style as timelineStyle } from '../timeline/style.ts';

const parts = `
nav{margin:14px 0 0;font-size:14px}nav ul{display:flex;flex-wrap:wrap;gap:2px 16px;list-style:none;margin:0;padding:0}nav a{display:inline-block;padding:4px 0}
header ul{margin:8px 0 0;padding-left:20px}header h1{font-size:24px}header h1 small{font-weight:400;font-size:15px;color:var(--soft);white-space:nowrap}
header.harness{border-color:var(--warn);background:var(--warn-paper)}.harness h1 b{color:var(--warn)}
.alarm{border:2px solid var(--warn);border-radius:4px;background:var(--warn-paper);padding:10px 14px;margin:14px 0 0}.alarm b{color:var(--warn)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(100px,1fr));gap:8px;list-style:none;padding:0;margin:14px 0 0}
.tiles li{border:1px solid var(--rule);border-radius:4px;padding:8px 10px}.tiles b{display:block;font-size:22px;line-height:1.2;font-variant-numeric:tabular-nums}.tiles span{font-size:13px;color:var(--soft)}
.tiles .wrong{border-color:var(--wrong)}.tiles .wrong b{color:var(--wrong)}.tiles .warn b{color:var(--warn)}.tiles .good b{color:var(--good)}
section{margin-top:30px}h2{margin:0 0 6px}
.card{border:1px solid var(--rule);border-left-width:5px;border-radius:4px;padding:10px 14px;margin:10px 0}.card h3{margin:0;font-size:16px;line-height:1.4}
.card.wrong{border-left-color:var(--wrong)}.card.warn{border-left-color:var(--warn)}.card.good{border-left-color:var(--good)}.card.plain{border-left-color:var(--soft)}
.badge{display:inline-block;border-radius:3px;padding:0 7px;margin-right:6px;font-size:14px;font-weight:700;background:var(--panel);color:var(--ink);white-space:nowrap}
.badge.wrong{background:var(--wrong-paper);color:var(--wrong)}.badge.warn{background:var(--warn-paper);color:var(--warn)}.badge.good{background:var(--good-paper);color:var(--good)}
.card .sentence{margin:6px 0}
.facts{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:2px 14px;margin:8px 0 0}.facts dt{color:var(--soft)}.facts dd{margin:0}
.command{display:flex;gap:8px;align-items:flex-start;margin:8px 0 0}.command pre{flex:1;min-width:0;margin:0;user-select:all}
button,select,input{font:inherit;font-size:14px;color:var(--ink);background:var(--panel);border:1px solid var(--soft);border-radius:4px;padding:6px 10px;min-height:36px}button{cursor:pointer}
:focus-visible{outline:2px solid var(--layer);outline-offset:2px}
.filter{display:flex;flex-wrap:wrap;gap:8px;margin:6px 0}.filter label{display:flex;gap:6px;align-items:center;font-size:14px;color:var(--soft);white-space:nowrap}.filter input{min-width:0;width:220px}
.scroll{overflow-x:auto;border:1px solid var(--rule);border-radius:4px;margin:8px 0}
.scroll{width:fit-content;max-width:100%}.scroll table{width:auto}.scroll th,.scroll td{padding:5px 10px}.scroll tr:last-child>*{border-bottom:0}
.scroll th[scope=row]{position:sticky;left:0;background:var(--paper);z-index:1;color:var(--ink);font-weight:400;min-width:130px;max-width:380px}
table.counts th:not([scope=row]),table.counts td{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
table.counts td.broken{background:var(--wrong-paper);color:var(--wrong);font-weight:700}table.counts td.unknown{background:var(--warn-paper);color:var(--warn)}td small{display:block;font-weight:400}td.none{color:var(--soft)}
.latest{direction:rtl}.latest>*{direction:ltr;margin:0 auto 0 0}
.trend{display:block;font:12px system-ui,sans-serif}.trend text{fill:var(--ink)}.trend .quiet{fill:var(--soft)}.trend .count{text-anchor:middle;font-variant-numeric:tabular-nums}.trend .title{text-anchor:end;font-weight:600}
.trend .run{fill:var(--gate);stroke:var(--soft)}.trend .fail{fill:var(--wrong)}.trend .blank{fill:var(--warn-paper);stroke:var(--warn);stroke-dasharray:3 2}.trend .blank.above{fill:var(--warn);stroke-dasharray:none}
.trend .base{stroke:var(--rule)}.trend .limit{stroke:var(--warn);stroke-dasharray:5 3}.trend .tonight{fill:var(--panel)}
table.heat td{min-width:33px;padding:4px 1px;text-align:center;font-size:11px;line-height:1.2;vertical-align:middle;font-variant-numeric:tabular-nums}table.heat th{font-size:11px;padding:5px 1px;text-align:center;white-space:nowrap}table.heat th[scope=row]{font-size:13px;padding:5px 10px;text-align:left;white-space:normal;vertical-align:middle;min-width:250px;line-height:1.35}table.heat th[scope=row] span{display:block;font-size:12px}table.heat abbr{text-decoration:none}
table.heat svg{display:block;margin:0 auto 2px}.heat .frame{fill:var(--paper);stroke:var(--rule)}.heat .share{fill:var(--wrong)}.heat .clean{stroke:var(--good);stroke-width:2;fill:none}.heat .tonight{background:var(--panel)}
.meter{display:block;width:100%;max-width:640px;height:34px}.meter .rail{fill:var(--panel);stroke:var(--soft)}.meter .level{fill:var(--good)}.meter.above .level{fill:var(--warn)}.meter .limit{stroke:var(--ink);stroke-width:2}
progress{accent-color:var(--good);width:160px;max-width:100%;vertical-align:middle}
details>summary{padding:4px 0}.picture{margin-top:8px}.picture figure svg{min-width:1000px}
[hidden]{display:none!important}
@media (max-width:560px){body{padding:10px}.card{padding:8px 10px}.facts{grid-template-columns:minmax(0,1fr)}.facts dd{margin-bottom:6px}header h1{font-size:20px}.command{flex-wrap:wrap}.command pre{flex-basis:100%}.scroll th[scope=row],table.heat th[scope=row]{min-width:104px;max-width:130px}table.heat th[scope=row] span{display:none}}
@media print{button,.filter,nav{display:none}.scroll{overflow:visible}}`;

/** Looks as the pictures of runs do, since some of them are on the page. */
export const style = `${timelineStyle}${parts}`;
