// The ties of the city under the pointer or the focus stand out, with the cities at their other ends.

for (const drawing of document.querySelectorAll(".circle")) {
  const curves = [...drawing.querySelectorAll("[data-ends]")];
  const nodes = [...drawing.querySelectorAll("[data-place]")];

  const light = (isLit) => {
    const lit = curves.filter((curve) => isLit(curve.dataset.ends.split(" ")));
    const ends = new Set(lit.flatMap((curve) => curve.dataset.ends.split(" ")));
    for (const curve of curves) curve.classList.toggle("lit", lit.includes(curve));
    for (const node of nodes) node.classList.toggle("lit", ends.has(node.dataset.place));
    drawing.classList.toggle("dimmed", lit.length > 0);
  };
  const lightUnder = (event) => {
    const { place, ends } = event.target.closest("[data-place], [data-ends]")?.dataset ?? {};
    light((each) => (place ? each.includes(place) : ends === each.join(" ")));
  };
  const leave = () => light(() => false);

  drawing.addEventListener("pointerover", lightUnder);
  drawing.addEventListener("focusin", lightUnder);
  drawing.addEventListener("pointerleave", leave);
  drawing.addEventListener("focusout", leave);
}
