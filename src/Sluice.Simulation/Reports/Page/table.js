// The table of all runs.

/** Fills a table that is sorted by a click on a heading. Columns: { name, of, show, text }. */
function sortable(table, columns, rows) {
  const body = html("tbody");
  let sorted = null;
  let down = false;

  function show() {
    const order = rows.map((row, i) => ({ row, i, value: sorted ? sorted.of(row) : i }));
    order.sort((a, b) => {
      if (a.value === b.value) return a.i - b.i;
      if (a.value === null || a.value === undefined) return 1;
      if (b.value === null || b.value === undefined) return -1;
      return (a.value < b.value ? -1 : 1) * (down ? -1 : 1);
    });
    body.replaceChildren(...order.map(({ row }) => html("tr", {}, ...columns.map((column) => cell(column, row)))));
    heads.forEach((head, i) => {
      if (columns[i] === sorted) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
  }

  function cell(column, row) {
    const value = column.of(row);
    return html("td", column.text ? { class: "text" } : {}, column.show ? column.show(value) : plain(value));
  }

  function sortBy(column) {
    down = sorted === column ? !down : !column.text;
    sorted = column;
    show();
  }

  const heads = columns.map((column) => {
    const head = html("th", { scope: "col", tabindex: 0, ...(column.text ? { class: "text" } : {}) }, column.name);
    head.addEventListener("click", () => sortBy(column));
    head.addEventListener("keydown", (event) => event.key === "Enter" && sortBy(column));
    return head;
  });
  table.replaceChildren(html("thead", {}, html("tr", {}, ...heads)), body);
  show();
}
