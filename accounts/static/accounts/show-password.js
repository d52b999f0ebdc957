/** A button beside each password: who can read what they typed makes fewer mistakes. */
/** What it says: the page's, in its language. @type {HTMLScriptElement | null} */
const said = document.querySelector("script[data-show]");
/** @type {NodeListOf<HTMLInputElement>} */
const inputs = document.querySelectorAll('input[type="password"]');
for (const input of inputs) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = said?.dataset.show ?? "Show";
  button.setAttribute("aria-label", said?.dataset.showPassword ?? "Show password");
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    const isShown = input.type === "text";
    input.type = isShown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!isShown));
  });
  // Never sent, nor kept by the browser, as text.
  input.form?.addEventListener("submit", () => (input.type = "password"));
  const box = document.createElement("div");
  box.className = "with-button";
  input.replaceWith(box);
  box.append(input, button);
}
