// The form of the totals: the periods on offer are those of the figure that is chosen.

const form = document.querySelector("form[data-periods]");
const offered = JSON.parse(document.getElementById(form.dataset.periods).textContent);
const { indicator, period } = form.elements;

indicator.addEventListener("change", () => {
  const chosen = period.value;
  period.replaceChildren(
    ...offered[indicator.value].map(([value, name]) => new Option(name, value, false, value === chosen)),
  );
});
