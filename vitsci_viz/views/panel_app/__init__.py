"""The browser dashboard: one frame, one page a job, drawn with Panel and Bokeh."""
