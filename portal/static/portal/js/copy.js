// Buttons that copy a text of the page. Without this script the text can be selected as a whole.

for (const button of document.querySelectorAll("[data-copies]")) {
  const text = document.getElementById(button.dataset.copies);
  const status = button.parentElement.querySelector("[role=status]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent.trim());
      status.textContent = button.dataset.copied;
      status.classList.remove("unseen");
    } catch {
      // Not over plain HTTP, and not everywhere: then it is at least selected.
      getSelection().selectAllChildren(text);
    }
  });
}
