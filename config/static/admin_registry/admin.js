// The Content-Security-Policy takes no style that a script writes into the page.
window.htmx.config.includeIndicatorStyles = false;

// A row just added is open to type into; unfold folds every row that has a title.
document.addEventListener("formset:added", (event) => {
  window.Alpine.nextTick(() => {
    const row = window.Alpine.$data(event.target);
    if ("openRow" in row) {
      row.openRow = true;
      event.target.querySelector("select, input:not([type=hidden])")?.focus();
    }
  });
});
