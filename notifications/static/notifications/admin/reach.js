/** Says how many people a notification will reach, as its audience is chosen. */
const QUIET_MS = 200;

/** What is chosen, as the query of a request; null: nobody yet. @param {HTMLFormElement} form */
function audience(form) {
  const data = new FormData(form);
  const kind = String(data.get("kind") ?? "");
  const chosen = kind ? data.getAll(kind).map(String) : [];
  if (!kind || (form.querySelector(`.field-${kind}`) && !chosen.length)) return null;
  return new URLSearchParams([["kind", kind], ...chosen.map((id) => [kind, id])]);
}

/** Only the field of the chosen kind is of use. @param {HTMLFormElement} form */
function showFields(form) {
  for (const kind of form.querySelectorAll("input[name=kind]")) {
    if (!(kind instanceof HTMLInputElement)) continue;
    const row = form.querySelector(`.field-${kind.value}`);
    if (row instanceof HTMLElement) row.hidden = !kind.checked;
  }
}

/** Select2 gives its search box no name. @param {HTMLFormElement} form */
function nameSearch(form) {
  const label = form.querySelector(".field-users label")?.textContent ?? "";
  form.querySelector(".field-users .select2-search__field")?.setAttribute("aria-label", label);
}

/** @param {HTMLElement} said @param {HTMLFormElement} form */
function keepSaying(said, form) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let asking = new AbortController();

  /** @param {URLSearchParams} query */
  async function ask(query) {
    asking = new AbortController();
    try {
      const response = await fetch(`${said.dataset.reach}?${query}`, { signal: asking.signal });
      said.textContent = response.ok ? (await response.json()).text : "";
    } catch {
      // Overtaken, or the network failed: the next page counts anyway.
    }
  }

  function refresh() {
    showFields(form);
    clearTimeout(timer);
    asking.abort();
    const query = audience(form);
    if (query) timer = setTimeout(() => ask(query), QUIET_MS);
    else said.textContent = "";
  }

  // By jQuery, since the search box tells of its changes in no other way.
  window.django.jQuery(form).on("change", refresh);
  window.django.jQuery(() => nameSearch(form));
  refresh();
}

const place = document.querySelector("[data-reach]");
const composed = place?.closest("form");
if (place instanceof HTMLElement && composed) keepSaying(place, composed);
