// Keeps the region marked data-live fresh: asks for it again every few seconds and changes only what differs.

const FAILED_SECONDS = 5;

function merge(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  const focused = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  old.replaceWith(fresh);
  if (focused !== null) fresh.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

function mergeRows(old, fresh) {
  const known = new Map(Array.from(old.children, (row) => [row.dataset.key, row]));
  let place = old.firstElementChild;
  for (const row of Array.from(fresh.children)) {
    const before = known.get(row.dataset.key);
    known.delete(row.dataset.key);
    if (before === undefined) {
      old.insertBefore(row, place);
      continue;
    }
    const following = place === before ? before.nextElementSibling : place;
    if (place !== before) old.insertBefore(before, place);
    merge(before, row);
    place = following;
  }
  for (const gone of known.values()) gone.remove();
}

function mergeRegion(old, fresh) {
  for (const name of ["data-live", "data-seconds"]) {
    if (fresh.hasAttribute(name)) old.setAttribute(name, fresh.getAttribute(name));
    else old.removeAttribute(name);
  }
  const rows = old.querySelector("[data-keyed]");
  const freshRows = fresh.querySelector("[data-keyed]");
  if (!rows || !freshRows) {
    if (old.innerHTML !== fresh.innerHTML) old.replaceChildren(...fresh.childNodes);
    return;
  }
  mergeRows(rows, freshRows);
  const above = old.querySelector('[data-key="above"]');
  const freshAbove = fresh.querySelector('[data-key="above"]');
  if (above && freshAbove) merge(above, freshAbove);
}

function tellLost(region, lost) {
  let told = document.getElementById("live-lost");
  if (!told) {
    told = document.createElement("p");
    told.id = "live-lost";
    told.setAttribute("role", "status");
    region.before(told);
  }
  told.className = lost ? "notice" : "";
  told.textContent = lost ? region.dataset.lost : "";
}

async function refresh(region) {
  const answer = await fetch(region.dataset.live, { cache: "no-store" });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById(region.id);
  if (!fresh) throw new Error("no such region");
  mergeRegion(region, document.adoptNode(fresh));
}

async function keepFresh(region) {
  let failed = false;
  while (region.dataset.live) {
    const seconds = failed ? FAILED_SECONDS : Number(region.dataset.seconds);
    await new Promise((done) => setTimeout(done, seconds * 1000));
    if (document.hidden) continue;
    try {
      await refresh(region);
      failed = false;
    } catch {
      failed = true;
    }
    tellLost(region, failed);
  }
}

for (const region of document.querySelectorAll("[data-live]")) keepFresh(region);
