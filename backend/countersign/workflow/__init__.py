"""The main job, carried out: commands put it in line, tasks carry it, steps do one thing each."""
