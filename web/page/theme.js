// Before anything is drawn: the theme that was chosen, and whether this is a
// frame in another page. A classic script, because modules come too late.
"use strict";
(function () {
  const root = document.documentElement;
  const key = "postern/theme";
  function kept() {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // a frame that may keep nothing
    }
  }
  function show(theme) {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  }
  show(kept());
  root.classList.toggle("embed", new URLSearchParams(location.search).has("embed"));
  globalThis.posternTheme = {
    get: () => root.dataset.theme ?? "auto",
    set(theme) {
      show(theme);
      try {
        localStorage.setItem(key, theme);
      } catch {
        // it holds until the page is closed
      }
    },
  };
})();
