"""Charts drawn with HoloViews, for the browser and the notebook alike."""
