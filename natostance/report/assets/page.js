"use strict";
// what every page has: values for scripts, and the choice of light or dark

function pageData(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

(() => {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  try {
    chosen = localStorage.getItem("natostance-theme");
  } catch {
    // some browsers keep nothing for files; then the choice lasts as long as the page
  }
  const show = () => {
    const dark = chosen ? chosen === "dark" : system.matches;
    root.dataset.theme = dark ? "dark" : "light";
    button.textContent = dark ? "Light" : "Dark";
    button.setAttribute("aria-label", dark ? "Light colours" : "Dark colours");
  };
  button.addEventListener("click", () => {
    chosen = root.dataset.theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("natostance-theme", chosen);
    } catch {
      // as above
    }
    show();
  });
  system.addEventListener("change", show);
  button.hidden = false;
  show();
})();
