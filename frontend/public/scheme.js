// Before the first paint: the colour scheme that was chosen, else the one of the system.
(function () {
  var chosen = null;
  try {
    chosen = window.localStorage.getItem("countersign-scheme");
  } catch {
    // Storage may be closed to us; the system's scheme is then the one.
  }
  var dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  var scheme = chosen === "light" || chosen === "dark" ? chosen : dark ? "dark" : "light";
  document.documentElement.setAttribute("data-mantine-color-scheme", scheme);
})();
