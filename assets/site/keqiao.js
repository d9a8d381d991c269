/* Keqiao's own script: charts from JSON on the page, drafts that save themselves, rows that open. No inline scripts anywhere. */
(function () {
  "use strict";
  const english = document.documentElement.lang.startsWith("en");

  function drawCharts(root) {
    root.querySelectorAll("[data-chart]").forEach(function (box) {
      if (box.dataset.drawn || !window.echarts) return;
      box.dataset.drawn = "1";
      const option = JSON.parse(document.getElementById(box.dataset.chart).textContent);
      const start = function () {
        const dark = Boolean(box.closest(".kq-wall"));
        const drawn = echarts.init(box, dark ? "dark" : null, { renderer: "svg", locale: english ? "EN" : "ZH" });
        option.backgroundColor = "transparent";
        option.animation = false;
        option.textStyle = Object.assign({ fontFamily: getComputedStyle(document.body).fontFamily }, option.textStyle);
        drawn.setOption(option);
        drawn.on("click", function (event) {
          const url = event.data && event.data.url;
          if (url) window.location.assign(url);
        });
        new ResizeObserver(function () { drawn.resize(); }).observe(box);
      };
      if (option.kqMap) {
        fetch(option.kqMap.url).then(function (answer) { return answer.json(); }).then(function (shapes) {
          echarts.registerMap(option.kqMap.name, shapes);
          const names = option.kqNames || {};
          const say = function (item) { return names[item.name] || item.name; };
          option.tooltip.formatter = function (item) { return say(item) + (isFinite(item.value) ? "：" + item.value : ""); };
          option.series[0].label = { show: true, formatter: say, fontSize: 11 };
          start();
        });
      } else {
        start();
      }
    });
  }

  /* A form with data-draft posts itself a second after the last key, and says when it was saved. */
  function watchDrafts(root) {
    root.querySelectorAll("form[data-draft]").forEach(function (form) {
      if (form.dataset.watched) return;
      form.dataset.watched = "1";
      const note = form.querySelector("[data-draft-note]");
      let timer = null, last = null;
      const save = function () {
        const data = new FormData(form);
        for (const [key, value] of [...data.entries()]) if (value instanceof File) data.delete(key);
        const text = new URLSearchParams(data).toString();
        if (text === last) return;
        fetch(form.dataset.draft, { method: "POST", body: data, headers: { "X-Requested-With": "fetch" }, keepalive: text.length < 60000 })
          .then(function (answer) {
            if (!answer.ok) throw new Error(String(answer.status));
            last = text;
            if (note) note.textContent = form.dataset.draftSaved + " " + new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
          })
          .catch(function () { if (note) note.textContent = form.dataset.draftFailed; });
      };
      form.addEventListener("input", function () { clearTimeout(timer); timer = setTimeout(save, 800); });
      form.addEventListener("submit", function () { clearTimeout(timer); });
      document.addEventListener("visibilitychange", function () { if (document.hidden && timer) save(); });
    });
  }

  function chooseFromMany(root) {
    if (!window.TomSelect) return;
    root.querySelectorAll("select[data-choose]").forEach(function (select) {
      if (select.tomselect) return;
      new TomSelect(select, { plugins: select.multiple ? ["remove_button"] : [], maxOptions: 500, allowEmptyOption: true });
    });
    root.querySelectorAll("input[data-find]").forEach(function (input) {
      if (input.tomselect) return;
      const first = input.dataset.label ? [{ value: input.value, text: input.dataset.label }] : [];
      new TomSelect(input, {
        maxItems: 1, valueField: "value", labelField: "text", searchField: ["text", "value"], options: first, create: false,
        load: function (query, done) {
          fetch(input.dataset.find + "?q=" + encodeURIComponent(query)).then(function (a) { return a.json(); }).then(function (a) { done(a.results); }, function () { done(); });
        },
      });
    });
  }

  /* A link to #tab-… opens that tab, one to #id_… puts the cursor into that field; opening a tab puts it into the address. */
  function openTab() {
    const tab = /^#tab-[\w-]+$/.test(location.hash) && document.querySelector('[data-bs-toggle="tab"][href="' + location.hash + '"]');
    if (tab && !tab.classList.contains("active")) tab.click();
    const field = /^#id_\w+$/.test(location.hash) && document.getElementById(location.hash.slice(1));
    if (field) { field.focus(); field.scrollIntoView({ block: "center" }); }
  }
  window.addEventListener("load", openTab);
  window.addEventListener("hashchange", openTab);
  document.addEventListener("shown.bs.tab", function (event) {
    const link = event.target.getAttribute("href") || "";
    if (link.startsWith("#tab-") && link !== location.hash) history.replaceState(null, "", link);
  });

  function prepare(root) { drawCharts(root); watchDrafts(root); chooseFromMany(root); }
  document.addEventListener("DOMContentLoaded", function () { prepare(document); });
  document.addEventListener("htmx:load", function (event) { prepare(event.detail.elt); });

  document.addEventListener("click", function (event) {
    const row = event.target.closest("tr[data-href]");
    if (row && !event.target.closest("a,button,input,label,select")) window.location.assign(row.dataset.href);
    const copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard.writeText(copy.dataset.copy);
    const full = event.target.closest("[data-fullscreen]");
    if (full) { document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen(); }
  });
  /* A figure in a report opens its source beside the text. */
  document.addEventListener("click", function (event) {
    const figure = event.target.closest("[data-report-figures] [data-figure-id]");
    if (!figure) return;
    document.querySelectorAll(".figure.active").forEach(function (other) { other.classList.remove("active"); });
    figure.classList.add("active");
    htmx.ajax("GET", figure.closest("[data-report-figures]").dataset.reportFigures + figure.dataset.figureId + "/", { target: "#figure-pane" });
  });
  /* Keys of a form with data-keys press its buttons, unless the user is typing. */
  document.addEventListener("keydown", function (event) {
    const form = document.querySelector("form[data-keys]");
    if (!form || event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("input,textarea,select,.ts-control");
    if (typing && event.key !== "Enter") return;
    if (typing && event.target.closest(".ts-wrapper.dropdown-active")) return;
    const button = form.querySelector('[data-key="' + event.key + '"]');
    if (button) { event.preventDefault(); form.requestSubmit(button); }
  });
  document.addEventListener("change", function (event) {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
    if (event.target.matches("[data-all]")) {
      document.querySelectorAll('input[name="' + event.target.dataset.all + '"]').forEach(function (box) { box.checked = event.target.checked; });
    }
  });
  document.addEventListener("submit", function (event) {
    const question = event.submitter && event.submitter.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });
})();
