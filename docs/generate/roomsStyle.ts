/** Colours of the picture of the rooms, for light and for dark. */
export const roomsStyle = `
.rooms{font:12px system-ui,'Segoe UI','DejaVu Sans',sans-serif;--bg:#fff;--band:#f5f6f9;--fill:#fff;--edge:#c3cad6;--line:#74809a;--soft:#5d6878;--text:#1d2430;--plug:#7c5cd6;--core:#2f6fd0;--ground:#2a8f6a;--bad:#d1333f}
@media(prefers-color-scheme:dark){.rooms{--bg:#12151b;--band:#1a1e27;--fill:#222835;--edge:#3b4454;--line:#8793aa;--soft:#9aa5b5;--text:#e8ebf1;--plug:#a98bf5;--core:#6ea2f0;--ground:#4fbd93;--bad:#ff6b74}}
.rooms{background:var(--bg)}
.band rect{fill:var(--band)}
.band text{font-size:11px;font-weight:600;letter-spacing:.08em}
.room rect{fill:var(--fill);stroke:var(--edge)}
.room .mark{stroke:none}
.room .name{font-size:15px;font-weight:650;fill:var(--text)}
.room .what{font-size:11.5px;fill:var(--soft)}
.plug .mark,.plug.band text{fill:var(--plug)}
.core .mark,.core.band text{fill:var(--core)}
.ground .mark,.ground.band text{fill:var(--ground)}
.band rect,.plug.band rect,.core.band rect,.ground.band rect{fill:var(--band)}
.import{fill:none;stroke:var(--line);stroke-width:1.4}
.import.bad{stroke:var(--bad);stroke-dasharray:5 3}
.head{fill:var(--line)}
.head.bad{fill:var(--bad)}
.key{font-size:11.5px;fill:var(--soft)}
.key.bad{fill:var(--bad)}
`;
