// articles: details of a sentence, filter, search, keys

(() => {
  const { labels, classes, neutral } = pageData("settings");
  const sentences = [...document.querySelectorAll(".text .s")];
  const texts = sentences.map((s) => s.textContent.toLowerCase().replace(/\s+/g, " "));
  const place = new Map(sentences.map((s, i) => [s, i]));
  const [details, about, close, search, matches] = ["details", "about", "close", "search", "matches"].map((id) => document.getElementById(id));
  const filters = [...document.querySelectorAll(".filter")];
  const wide = matchMedia("(min-width: 64rem)");
  let [chosen, pinned, found, filtered] = [null, false, [], false];

  const make = (tag, text, name) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (name) element.className = name;
    return element;
  };

  // --- details -------------------------------------------------------------------------------

  const meter = (label, value) => {
    const row = make("div", undefined, `meter ${classes[labels.indexOf(label)]}`);
    const track = make("span", undefined, "track");
    const fill = make("span", undefined, "fill");
    fill.style.width = `${value}%`; // through the object model: the policy forbids the attribute
    track.append(fill);
    row.append(make("span", label), track, make("b", `${Math.round(value)}%`));
    return row;
  };

  const describe = (s) => {
    const parts = [make("h2", `Sentence ${s.dataset.n}: ${s.dataset.l}`)];
    if (s.dataset.p) {
      s.dataset.p.split(" ").forEach((value, i) => parts.push(meter(labels[i], Number(value))));
    } else {
      parts.push(make("p", "No probabilities: derived from marked words.", "note"));
    }
    if (s.classList.contains("mixed")) parts.push(make("p", "* Mixed: words of several sides.", "note"));
    if (s.classList.contains("abstained")) parts.push(make("p", "? Unsure: below the model's threshold.", "note"));
    const marks = [...s.querySelectorAll("mark")];
    if (marks.length) {
      const list = make("ul", undefined, "spans");
      for (const m of marks) {
        const item = make("li");
        const words = m.textContent.replace(/\s+/g, " ");
        const mark = make("mark", words.length > 90 ? `${words.slice(0, 89)}…` : words, m.className);
        item.append(`${m.dataset.l}${m.dataset.p ? ` ${Math.round(m.dataset.p)}%` : ""} `, mark);
        list.append(item);
      }
      parts.push(list);
    }
    const why = document.getElementById(`why-${s.id}`);
    if (why) {
      const link = make("a", "Where this label comes from");
      link.href = `#why-${s.id}`;
      parts.push(link);
    }
    about.replaceChildren(...parts);
  };

  const show = (s, pin) => {
    if (pinned && !pin) return;
    if (chosen) {
      chosen.classList.remove("chosen");
      chosen.tabIndex = -1;
    }
    chosen = s;
    pinned = pin;
    s.classList.add("chosen");
    s.tabIndex = 0;
    describe(s);
    details.hidden = false;
  };

  const hide = () => {
    pinned = false;
    details.hidden = true;
    if (chosen) chosen.classList.remove("chosen");
  };

  const at = (event) => event.target.closest(".text .s");
  document.addEventListener("mouseover", (event) => {
    const s = at(event);
    if (s && wide.matches) show(s, false);
  });
  document.addEventListener("click", (event) => {
    const s = at(event);
    if (s) show(s, true);
    else if (!wide.matches && !event.target.closest(".details, .bar-tools")) hide();
  });
  document.addEventListener("focusin", (event) => {
    const s = at(event);
    if (s) show(s, true);
  });
  close.addEventListener("click", hide);

  const go = (s) => {
    s.focus({ preventScroll: true });
    s.scrollIntoView({ block: "center" });
  };

  // --- filter and search ---------------------------------------------------------------------

  const has = {
    "*": (s) => s.classList.contains("mixed"),
    "?": (s) => s.classList.contains("abstained"),
  };
  const passes = (s, wanted) => wanted.some((f) => (has[f] ? has[f](s) : s.dataset.l === f));

  const paint = (query) => {
    if (!("highlights" in CSS)) return; // the sentence's own mark is enough then
    CSS.highlights.delete("search");
    if (!query) return;
    const highlight = new Highlight();
    for (const i of found) {
      const walker = document.createTreeWalker(sentences[i], NodeFilter.SHOW_TEXT);
      const nodes = [];
      let joined = "";
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        nodes.push([node, joined.length]);
        joined += node.data;
      }
      const lower = joined.toLowerCase();
      if (lower.length !== joined.length) continue; // a letter that has another length in lower case
      const point = (offset) => {
        const [node, start] = nodes.findLast((n) => n[1] <= offset);
        return [node, offset - start];
      };
      for (let from = lower.indexOf(query); from >= 0; from = lower.indexOf(query, from + query.length)) {
        const range = new Range();
        range.setStart(...point(from));
        const [node, end] = point(from + query.length - 1);
        range.setEnd(node, end + 1);
        highlight.add(range);
      }
    }
    CSS.highlights.set("search", highlight);
  };

  const update = () => {
    const wanted = filters.filter((f) => f.getAttribute("aria-pressed") === "true").map((f) => f.dataset.filter);
    const query = search.value.trim().toLowerCase().replace(/\s+/g, " ");
    filtered = Boolean(wanted.length || query);
    found = [];
    sentences.forEach((s, i) => {
      const ok = (!wanted.length || passes(s, wanted)) && (!query || texts[i].includes(query));
      s.classList.toggle("dim", filtered && !ok);
      s.classList.toggle("hit", ok && Boolean(query));
      if (ok) found.push(i);
    });
    const articles = document.querySelectorAll(".article");
    if (articles.length > 1) {
      for (const article of articles) article.hidden = filtered && !article.querySelector(".text .s:not(.dim)");
    }
    paint(query);
    matches.textContent = filtered ? `${found.length.toLocaleString("en")} of ${sentences.length.toLocaleString("en")} sentences` : "";
  };

  const step = (by) => {
    if (!found.length) return;
    const here = chosen ? place.get(chosen) : by > 0 ? -1 : sentences.length;
    const next = by > 0 ? found.find((i) => i > here) ?? found[0] : found.findLast((i) => i < here) ?? found.at(-1);
    go(sentences[next]);
  };

  for (const filter of filters) {
    const count = sentences.filter((s) => passes(s, [filter.dataset.filter])).length;
    filter.querySelector("small").textContent = count.toLocaleString("en");
    filter.disabled = !count;
    filter.addEventListener("click", () => {
      filter.setAttribute("aria-pressed", filter.getAttribute("aria-pressed") !== "true");
      update();
    });
  }
  search.addEventListener("input", update);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
  });
  document.getElementById("next").addEventListener("click", () => step(1));
  document.getElementById("previous").addEventListener("click", () => step(-1));

  // --- keys: only while a sentence has the focus ------------------------------------------------

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
    const s = event.target.closest?.(".text .s");
    if (!s || event.ctrlKey || event.metaKey || event.altKey) return;
    const here = place.get(s);
    const there = (other) => !other.closest(".article").hidden;
    const move = {
      ArrowDown: () => sentences.slice(here + 1).find(there),
      ArrowRight: () => sentences.slice(here + 1).find(there),
      ArrowUp: () => sentences.slice(0, here).findLast(there),
      ArrowLeft: () => sentences.slice(0, here).findLast(there),
      Home: () => sentences.find(there),
      End: () => sentences.findLast(there),
    }[event.key];
    if (event.key === "n") step(1);
    else if (event.key === "p") step(-1);
    else if (move) {
      const to = move();
      if (to) go(to);
    } else return;
    event.preventDefault();
  });

  document.getElementById("legend").open = wide.matches;
  addEventListener("beforeprint", () => {
    document.getElementById("legend").open = true;
  });
  if (sentences.length) sentences[0].tabIndex = 0;
  const linked = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && place.has(target)) go(target);
  };
  addEventListener("hashchange", linked);
  update();
  linked();
})();
