// Entry: one script for every trigger; `cb_obj` says which model changed.

const views = [...cb_context.index.find(figure)].filter((view) => view.frame != null && view.canvas_view != null)
for (const view of views) {
  view.vitsci ??= new Controller(view)
  const controller = view.vitsci
  const name = Object.keys(frames).find((each) => frames[each] === cb_obj)
  if (name != null) show_frame(name, controller)
  else if (cb_obj === state) controller.read_state()
  else if (cb_obj === link) controller.apply()
  else if (cb_obj === pointer) controller.chrome.place_cross()
  else controller.resize()
}
