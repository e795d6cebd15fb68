// SPDX-License-Identifier: MIT
// A button that shows and hides the navigation on phones.
(function () {
  const row = document.querySelector("#titlearea tr");
  if (!row) return;
  const button = document.createElement("button");
  button.id = "site-menu";
  button.type = "button";
  button.textContent = "\u2630";
  button.setAttribute("aria-label", "Navigation");
  button.setAttribute("aria-controls", "side-nav");
  const show = (open) => {
    document.body.classList.toggle("site-menu-open", open);
    button.setAttribute("aria-expanded", String(open));
  };
  button.addEventListener("click", () => show(!document.body.classList.contains("site-menu-open")));
  document.getElementById("doc-content").addEventListener("click", () => show(false));
  document.addEventListener("keydown", (event) => event.key === "Escape" && show(false));
  show(false);
  const cell = document.createElement("td");
  cell.append(button);
  row.prepend(cell);
})();
