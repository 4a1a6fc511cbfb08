// deno-lint-ignore-file no-var
// Says so where the page cannot run. Every browser can read this: no word of it is newer than the year 2011.
(function () {
  var root = document.documentElement;
  function supports(condition) {
    return !!self.CSS && !!CSS.supports && CSS.supports(condition);
  }
  var isCurrent = "noModule" in document.createElement("script") &&
    supports("color: light-dark(red, red)") && supports("selector(:has(a))") &&
    !!Object.hasOwn && !!Array.prototype.at;
  if (!isCurrent) root.setAttribute("data-outdated", "");
})();
