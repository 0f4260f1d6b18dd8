/** Colours of a chart that stands alone. */
export const standalone = `
.chart{font:12px system-ui,'Segoe UI','DejaVu Sans',sans-serif;--bg:#fff;--fill:#f4f5f8;--line:#8a94a6;--soft:#5d6878;--text:#1d2430}
@media(prefers-color-scheme:dark){.chart{--bg:#12151b;--fill:#20252f;--line:#77839a;--soft:#9aa5b5;--text:#e4e8ef}}
.chart{background:var(--bg)}
.state rect{fill:var(--fill);stroke:var(--line)}
.compound>rect,.any rect,.inner{fill:none!important}
.any rect{stroke-dasharray:3 3}
.state text{fill:var(--text);font-weight:600}
.compound>text,.any text{fill:var(--soft)}
.edge path{fill:none;stroke:var(--line);stroke-width:1.2}
.edge .head{fill:var(--line);stroke:none}
.initial{fill:var(--line);stroke:var(--line)}
.label{font-size:11px;fill:var(--soft);paint-order:stroke;stroke:var(--bg);stroke-width:3px}
`;
