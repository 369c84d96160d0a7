// Which theme was chosen last? Run before the first paint, so that nothing flashes.
(() => {
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen) document.documentElement.dataset.theme = chosen;
  } catch { /* storage is forbidden: follow the system */ }
})();
