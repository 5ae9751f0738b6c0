"""How the notebook's controls look: JupyterLab's own colours, so light and dark themes both fit."""

STYLE = """<style>
.vz-heading { font-weight: 600; font-size: 13px; margin: 8px 0 2px; color: var(--jp-ui-font-color1, #222);
  border-bottom: 1px solid var(--jp-border-color2, #ddd); line-height: 22px; }
.vz-error { color: var(--jp-error-color0, #b00020); font-size: 12px; line-height: 16px; white-space: normal; }
.vz-note, .vz-summary, .vz-readings { font-size: 13px; line-height: 20px; color: var(--jp-ui-font-color1, #222); }
.vz-summary { white-space: normal; margin: 4px 0 8px; }
.vz-readings { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
.vz-readings th { font-weight: 400; text-align: left; color: var(--jp-ui-font-color2, #555); padding: 1px 12px 1px 0;
  white-space: nowrap; vertical-align: top; }
.vz-readings td { padding: 1px 12px 1px 0; vertical-align: top; color: var(--jp-ui-font-color2, #555); }
.vz-readings td.vz-value { font-weight: 600; color: var(--jp-ui-font-color1, #222); white-space: nowrap; }
</style>"""
