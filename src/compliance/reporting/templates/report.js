"use strict";
(function () {
  var zh = document.getElementById("lang-zh"), en = document.getElementById("lang-en");
  function language() { document.documentElement.lang = en.checked ? "en" : "zh-CN"; }
  zh.addEventListener("change", language); en.addEventListener("change", language); language();
  var verdict = document.getElementById("f-verdict"), category = document.getElementById("f-category"), words = document.getElementById("f-words");
  var count = document.getElementById("f-count"), rows = Array.prototype.slice.call(document.querySelectorAll("#all tbody tr"));
  function filter() {
    var wanted = words.value.trim().toLowerCase(), shown = 0;
    rows.forEach(function (row) {
      var fits = (!verdict.value || row.dataset.verdict === verdict.value) && (!category.value || row.dataset.category === category.value) &&
        (!wanted || row.textContent.toLowerCase().indexOf(wanted) >= 0);
      row.hidden = !fits; if (fits) { shown += 1; }
    });
    count.textContent = shown + " / " + rows.length;
  }
  [verdict, category].forEach(function (x) { x.addEventListener("change", filter); }); words.addEventListener("input", filter);
  document.querySelectorAll("a[data-verdict]").forEach(function (a) { a.addEventListener("click", function () { verdict.value = a.dataset.verdict; category.value = ""; words.value = ""; filter(); }); });
  function open() { var at = document.getElementById(decodeURIComponent(location.hash.slice(1))); for (; at; at = at.parentElement) { if (at.tagName === "DETAILS") { at.open = true; } if (at.hidden) { at.hidden = false; } } }
  window.addEventListener("hashchange", open); open();
  window.addEventListener("beforeprint", function () { document.querySelectorAll("#breaches details, #effects details").forEach(function (d) { d.open = true; }); });
  filter();
}());
