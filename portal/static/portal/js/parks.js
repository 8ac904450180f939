// The list of parks: what one chooses holds at once, without the page being loaded anew, and the address says it.

const form = document.getElementById("choose");
const count = document.getElementById("count");
const figure = document.querySelector("figure[data-map]");
// Of these, what another choice makes different.
const REGIONS = ["choices", "results"];
const TYPING = 300;
let asking = new AbortController();

form.addEventListener("submit", (event) => {
  event.preventDefault();
  show(addressOf(form));
});

let typed = 0;
form.addEventListener("input", ({ target }) => {
  clearTimeout(typed);
  typed = setTimeout(() => show(addressOf(form)), target.type === "search" ? TYPING : 0);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-in-place]");
  if (link && event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)) {
    event.preventDefault();
    show(link.href, { moveFocus: true });
  }
});

addEventListener("popstate", () => show(location.href, { remember: false }));

// The address of what is chosen: of several values of one facet, with commas between them.
function addressOf(form) {
  const chosen = new Map();
  for (const [name, value] of new FormData(form)) {
    if (value && !(name === "sort" && value === "name")) {
      chosen.set(name, chosen.has(name) ? `${chosen.get(name)},${value}` : value);
    }
  }
  const query = [...chosen].map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll("%2C", ",")}`);
  return form.action + (query.length ? `?${query.join("&")}` : "");
}

async function show(address, { remember = true, moveFocus = false } = {}) {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  form.parentElement.classList.add("is-loading");
  try {
    const response = await fetch(address, { signal });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!page.getElementById("results")) {
      throw new Error(`${response.status}`);
    }
    replace(page);
    if (remember) {
      history.pushState(null, "", address);
    }
    document.title = page.title;
    if (moveFocus) {
      document.getElementById("found").focus();
    }
    form.parentElement.classList.remove("is-loading");
  } catch {
    if (!signal.aborted) {
      form.parentElement.classList.remove("is-loading");
      count.textContent = form.dataset.failed;
    }
  }
}

function replace(page) {
  const focused = document.activeElement;
  const found = focused && form.contains(focused) && identity(focused);
  const open = [...form.querySelectorAll("details[open]")].map(({ id }) => id);
  const words = focused?.type === "search" ? focused.value : null;
  for (const id of REGIONS) {
    document.getElementById(id).replaceWith(document.adoptNode(page.getElementById(id)));
  }
  open.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
  const again = found && [...form.elements, ...form.querySelectorAll("summary")].find((each) => identity(each) === found);
  if (again) {
    // It may have moved among what is folded away.
    again.closest("details:not([open])")?.setAttribute("open", "");
    again.focus({ preventScroll: true });
    if (words !== null) {
      again.value = words;
    }
  }
  count.textContent = page.getElementById("count").textContent;
  document.querySelectorAll(".languages a").forEach((link, place) => {
    link.href = page.querySelectorAll(".languages a")[place].href;
  });
  const source = document.getElementById("results").dataset.source;
  if (figure.dataset.source !== source) {
    figure.dataset.source = source;
    figure.dispatchEvent(new Event("map:source"));
  }
}

// What tells a field from all others of the form.
function identity({ tagName, name, value, type, parentElement }) {
  return tagName === "SUMMARY" ? parentElement.id : type === "checkbox" ? `${name}=${value}` : (name ?? "");
}
