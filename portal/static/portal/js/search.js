// A field that suggests records while one types: the editable combobox with a list of the ARIA Authoring Practices
// Guide, without a choice of its own. All words come from the attributes of the field (see find.html).

const DELAY = 120;

export function suggest(field) {
  const form = field.form;
  const status = form.querySelector("[role=status]");
  const words = field.dataset;
  const known = new Map();
  let asking = null;
  let waiting = 0;
  let composing = false;
  let chosen = -1;
  let results = [];

  const list = document.createElement("ul");
  list.id = `${field.id}-list`;
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", words.list);
  list.hidden = true;
  form.append(list);
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-expanded", "false");

  const typed = () => field.value.trim();

  function close() {
    clearTimeout(waiting);
    asking?.abort();
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    choose(-1);
  }

  function choose(index) {
    list.children[chosen]?.setAttribute("aria-selected", "false");
    chosen = index;
    const option = list.children[chosen];
    if (option) {
      option.setAttribute("aria-selected", "true");
      option.scrollIntoView({ block: "nearest" });
      field.setAttribute("aria-activedescendant", option.id);
    } else {
      field.removeAttribute("aria-activedescendant");
    }
  }

  function show(answer) {
    choose(-1);
    results = answer.results;
    list.replaceChildren(...results.map(optionOf));
    list.hidden = !results.length;
    field.setAttribute("aria-expanded", String(results.length > 0));
    const told = answer.is_cut ? words.more : results.length === 1 ? words.one : results.length ? words.many : words.none;
    status.textContent = told.replace("{count}", results.length);
  }

  function optionOf(result, index) {
    const option = document.createElement("li");
    option.id = `${list.id}-${index}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    const told = [["name", result.name], ["kind", result.kind_name], ["where", result.where]];
    if (result.matched) told.splice(1, 0, ["matched", words.matched.replace("{name}", () => result.matched)]);
    for (const [part, text] of told) {
      if (!text) continue;
      const piece = document.createElement("span");
      piece.className = `suggested-${part}`;
      piece.textContent = text;
      if (part === "name") piece.lang = result.language;
      option.append(piece, " ");
    }
    return option;
  }

  function go(result) {
    close();
    location.assign(words.go ? words.go.replace("KEY", encodeURIComponent(result.key)) : result.address);
  }

  async function ask() {
    const text = typed();
    asking?.abort();
    if (!text) {
      status.textContent = "";
      return close();
    }
    if (known.has(text)) return show(known.get(text));
    asking = new AbortController();
    const { signal } = asking;
    const asked = new URLSearchParams({ q: text });
    if (words.kind) asked.set("kind", words.kind);
    try {
      const response = await fetch(`${words.suggest}?${asked}`, { signal });
      if (!response.ok) return close();
      const answer = await response.json();
      known.set(text, answer);
      if (!signal.aborted) show(answer);
    } catch (error) {
      // Without the network the form still leads to the page of the search.
      if (error.name !== "AbortError") close();
    }
  }

  function later() {
    clearTimeout(waiting);
    waiting = setTimeout(ask, DELAY);
  }

  field.addEventListener("compositionstart", () => {
    // What stands in the field until it is composed are letters of no name.
    composing = true;
    close();
  });
  field.addEventListener("compositionend", () => {
    composing = false;
    later();
  });
  field.addEventListener("input", () => composing || later());
  field.addEventListener("focus", () => typed() && known.has(typed()) && show(known.get(typed())));
  field.addEventListener("blur", close);

  field.addEventListener("keydown", (event) => {
    // Keys that choose among characters are the input method's; Safari sends the last one after composing has ended.
    if (event.isComposing || composing || event.keyCode === 229) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (list.hidden) {
        if (step > 0) ask();
      } else if (event.altKey) {
        if (step < 0) close();
      } else {
        // One place before the first is the field itself.
        const places = results.length + 1;
        choose(((chosen + 1 + step + places) % places) - 1);
      }
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      go(results[chosen]);
    }
  });

  form.addEventListener("submit", (event) => {
    if (composing) event.preventDefault();
  });
  // The field keeps the focus, or the list would be gone before the click.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const index = [...list.children].indexOf(event.target.closest("[role=option]"));
    if (index >= 0) go(results[index]);
  });
}
