// the list of articles: sorted, searched, some hundred rows at a time

(() => {
  const table = document.getElementById("table");
  if (!table) return;
  const { labels, classes, by, sides, rows } = pageData("articles");
  const [head, body] = [table.tHead, table.tBodies[0]];
  const [find, found, more] = ["find", "found", "more"].map((id) => document.getElementById(id));
  const step = 100;
  const first = 4; // where the counts begin in a row
  const total = (row) => labels.reduce((sum, _, i) => sum + row[first + i], 0);
  const share = (row, i) => row[first + i] / Math.max(1, total(row));
  const lean = (row) => {
    const both = row[first] + row[first + 1];
    return sides === 2 && both ? (row[first] - row[first + 1]) / both : null;
  };
  const collator = new Intl.Collator("en", { numeric: true });
  const percent = (x) => `${Math.round(100 * x)}%`;
  const has = [2, 3].map((i) => rows.some((row) => row[i]));
  const columns = [
    { name: "article", key: (row) => row[1], title: true },
    ...(sides === 2 ? [{ name: "balance", key: lean, bar: true }] : [{ name: "shares", key: (row) => share(row, 0), bar: true }]),
    ...labels.map((label, i) => ({ name: label, key: (row) => share(row, i), show: (row) => percent(share(row, i)) })),
    { name: "sentences", key: total, show: (row) => total(row).toLocaleString("en") },
    { name: "mixed", key: (row) => row[first + labels.length] },
    { name: "unsure", key: (row) => row[first + labels.length + 1] },
    ...(has[0] ? [{ name: by, key: (row) => row[2], text: true }] : []),
    ...(has[1] ? [{ name: "date", key: (row) => row[3], text: true }] : []),
  ];
  let [sorted, downwards, query, visible] = [null, false, "", step];

  const bar = (row) => {
    const ns = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(ns, "svg");
    svg.setAttribute("viewBox", "0 0 100 10");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("class", "bar");
    svg.setAttribute("role", "img");
    const order = sides === 2 ? [0, 2, 1] : labels.map((_, i) => i);
    svg.setAttribute("aria-label", order.map((i) => `${labels[i]} ${percent(share(row, i))}`).join(", "));
    let at = 0;
    for (const i of order) {
      const rect = document.createElementNS(ns, "rect");
      rect.setAttribute("class", classes[i]);
      rect.setAttribute("x", at);
      rect.setAttribute("width", 100 * share(row, i));
      rect.setAttribute("height", 10);
      svg.append(rect);
      at += 100 * share(row, i);
    }
    return svg;
  };

  const line = (row) => {
    const tr = document.createElement("tr");
    for (const column of columns) {
      const cell = document.createElement(column.title ? "th" : "td");
      if (column.title) {
        cell.scope = "row";
        const link = document.createElement("a");
        link.href = encodeURI(row[0]).replace(/%23/g, "#");
        link.textContent = row[1];
        cell.append(link);
      } else if (column.bar) {
        cell.append(bar(row));
      } else {
        if (column.text) cell.className = "word";
        cell.textContent = column.show ? column.show(row) : column.key(row) ?? "–";
      }
      tr.append(cell);
    }
    return tr;
  };

  const compare = (a, b) => {
    const [x, y] = [sorted.key(a), sorted.key(b)];
    if (x === null || y === null) return (x === null) - (y === null);
    const order = typeof x === "string" ? collator.compare(x, y) : x - y;
    return downwards ? -order : order;
  };

  const show = () => {
    let chosen = rows;
    if (query) {
      chosen = rows.filter((row) => `${row[1]}\n${row[2]}\n${row[3]}`.toLowerCase().includes(query));
    }
    if (sorted) chosen = [...chosen].sort(compare);
    body.replaceChildren(...chosen.slice(0, visible).map(line));
    found.textContent = query ? `${chosen.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")}` : "";
    more.hidden = chosen.length <= visible;
    more.textContent = `Show more (${(chosen.length - visible).toLocaleString("en")} left)`;
  };

  const header = document.createElement("tr");
  for (const column of columns) {
    const th = document.createElement("th");
    th.scope = "col";
    if (column.text || column.bar) th.className = "word";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.textContent = column.name;
    button.addEventListener("click", () => {
      downwards = sorted === column ? !downwards : !(column.title || column.text);
      sorted = column;
      for (const other of header.cells) other.removeAttribute("aria-sort");
      th.setAttribute("aria-sort", downwards ? "descending" : "ascending");
      show();
    });
    th.append(button);
    header.append(th);
  }
  head.append(header);
  find.addEventListener("input", () => {
    [query, visible] = [find.value.trim().toLowerCase(), step];
    show();
  });
  more.addEventListener("click", () => {
    visible += 5 * step;
    show();
  });
  addEventListener("beforeprint", () => {
    visible = Infinity;
    show();
  });
  show();
})();
