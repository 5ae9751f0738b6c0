"""The viewport that browser and notebook share, drawn with Bokeh alone."""
